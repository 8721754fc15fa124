/** Values by day as lines of plain SVG, each named at its end. */
import { NARROW, useMediaQuery } from "../ui/useMediaQuery";

interface Series {
  label: string;
  values: number[];
}

interface Props {
  title: string;
  days: string[];
  series: Series[];
}

const WIDE = 720;
const SMALL = 400;
const HEIGHT = 260;
const LEFT = 40;
const RIGHT = 130;
const BOTTOM = 28;
const TOP = 12;
const GRID_LINES = 4;

export function LineChart({ title, days, series }: Props) {
  const width = useMediaQuery(NARROW) ? SMALL : WIDE;
  const highest = Math.max(1, ...series.flatMap(({ values }) => values));
  const x = (index: number) =>
    LEFT + ((width - LEFT - RIGHT) * index) / Math.max(1, days.length - 1);
  const y = (value: number) => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - TOP) * value) / highest;
  const grid = Array.from({ length: GRID_LINES + 1 }, (_, line) => (highest * line) / GRID_LINES);
  const last = days.length - 1;

  return (
    <svg className="chart lines" viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={title}>
      {grid.map((value) => (
        <g key={value} className="grid">
          <line x1={LEFT} x2={width - RIGHT} y1={y(value)} y2={y(value)} />
          <text x={LEFT - 6} y={y(value) + 4} textAnchor="end">
            {Math.round(value)}
          </text>
        </g>
      ))}
      {series.map(({ label, values }, index) => (
        <g key={label} className={`series-${index}`}>
          <polyline points={values.map((value, day) => `${x(day)},${y(value)}`).join(" ")} />
          <circle cx={x(last)} cy={y(values[last] ?? 0)} r={4} />
          <text x={x(last) + 10} y={y(values[last] ?? 0) + 4}>
            {label}: {values[last] ?? 0}
          </text>
        </g>
      ))}
      <text x={LEFT} y={HEIGHT - 8}>
        {days[0]}
      </text>
      <text x={width - RIGHT} y={HEIGHT - 8} textAnchor="end">
        {days[last]}
      </text>
    </svg>
  );
}
