/** A button that opens the camera or the choice of files. */
import { useId } from "react";

interface Props {
  text: string;
  /** Of which requirement, for screen readers. */
  about: string;
  accept: string;
  hasCamera?: boolean;
  isQuiet?: boolean;
  onFile: (file: File) => void;
}

export function FileButton({ text, about, accept, hasCamera, isQuiet, onFile }: Props) {
  const id = useId();
  return (
    <span className="file-button">
      <input
        id={id}
        type="file"
        className="visually-hidden"
        accept={accept}
        {...(hasCamera ? { capture: "environment" as const } : {})}
        onChange={({ target }) => {
          const file = target.files?.[0];
          if (file !== undefined) onFile(file);
          // The same file can be chosen again.
          target.value = "";
        }}
      />
      <label htmlFor={id} className={isQuiet ? "button button-quiet" : "button"}>
        {text}
        <span className="visually-hidden">: {about}</span>
      </label>
    </span>
  );
}
