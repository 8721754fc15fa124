/** Horizontal bars as plain SVG, with their numbers as text; the same data is in a table below. */
interface Bar {
  label: string;
  value: number;
  text: string;
}

const ROW = 34;
const LABEL = 190;
const WIDTH = 720;
const NUMBER = 110;

export function BarChart({ title, bars }: { title: string; bars: Bar[] }) {
  const longest = Math.max(1, ...bars.map((bar) => bar.value));
  return (
    <svg
      className="chart"
      viewBox={`0 0 ${WIDTH} ${bars.length * ROW}`}
      role="img"
      aria-label={`${title}: ${bars.map((bar) => `${bar.label} ${bar.text}`).join(", ")}`}
    >
      {bars.map((bar, index) => {
        const width = ((WIDTH - LABEL - NUMBER) * bar.value) / longest;
        return (
          <g key={bar.label} transform={`translate(0 ${index * ROW})`}>
            <text x={LABEL - 10} y={ROW / 2 + 5} textAnchor="end">
              {bar.label}
            </text>
            <rect x={LABEL} y={5} width={Math.max(1, width)} height={ROW - 12} rx={3} />
            <text x={LABEL + width + 8} y={ROW / 2 + 5}>
              {bar.text}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
