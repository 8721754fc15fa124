/** Horizontal bars as plain SVG, with their numbers as text; the same data is in a table below. */
import { NARROW, useMediaQuery } from "../ui/useMediaQuery";

interface Bar {
  label: string;
  value: number;
  text: string;
}

interface Geometry {
  width: number;
  row: number;
  /** Where bars begin. */
  left: number;
  /** The height of a label above its bar; 0 for labels beside the bars. */
  above: number;
}

const WIDE: Geometry = { width: 720, row: 34, left: 190, above: 0 };
const SMALL: Geometry = { width: 340, row: 52, left: 0, above: 20 };
const NUMBER = 100;
const BAR = 22;

export function BarChart({ title, bars }: { title: string; bars: Bar[] }) {
  const { width, row, left, above } = useMediaQuery(NARROW) ? SMALL : WIDE;
  const longest = Math.max(1, ...bars.map((bar) => bar.value));
  const baseline = above + BAR / 2 + 5;
  return (
    <svg
      className="chart"
      viewBox={`0 0 ${width} ${bars.length * row}`}
      role="img"
      aria-label={`${title}: ${bars.map((bar) => `${bar.label} ${bar.text}`).join(", ")}`}
    >
      {bars.map((bar, index) => {
        const length = ((width - left - NUMBER) * bar.value) / longest;
        return (
          <g key={bar.label} transform={`translate(0 ${index * row + 4})`}>
            <text
              x={above > 0 ? 0 : left - 10}
              y={above > 0 ? above - 5 : baseline}
              textAnchor={above > 0 ? "start" : "end"}
            >
              {bar.label}
            </text>
            <rect x={left} y={above} width={Math.max(1, length)} height={BAR} rx={3} />
            <text x={left + length + 8} y={baseline}>
              {bar.text}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
