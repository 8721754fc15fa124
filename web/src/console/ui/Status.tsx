/** A status as a dot and dark text: the colour never carries the meaning alone. */
import { useFormats } from "./titles";

export function Status({ code }: { code: string }) {
  const { title } = useFormats();
  return (
    <span className="status" data-status={code}>
      {title("status", code)}
    </span>
  );
}
