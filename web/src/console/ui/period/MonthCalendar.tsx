/** A month whose days are chosen by click or keyboard: arrows, Page Up and Page Down, Enter. */
import { LeftOutlined, RightOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "@/i18n";
import { addDays, addMonths, type LocalDate, type Period, weeksOf } from "./calendar";

const MOVES: Record<string, (day: LocalDate) => LocalDate> = {
  ArrowLeft: (day) => addDays(day, -1),
  ArrowRight: (day) => addDays(day, 1),
  ArrowUp: (day) => addDays(day, -7),
  ArrowDown: (day) => addDays(day, 7),
  PageUp: (day) => addMonths(day, -1),
  PageDown: (day) => addMonths(day, 1),
};

interface Props {
  period: Period;
  today: LocalDate;
  onChoose: (day: LocalDate) => void;
}

export function MonthCalendar({ period, today, onChoose }: Props) {
  const { t, language } = useTranslation("console");
  const [focused, setFocused] = useState(period.to ?? period.from ?? today);
  const grid = useRef<HTMLTableElement>(null);
  const isMoving = useRef(false);

  useEffect(() => {
    if (isMoving.current)
      grid.current?.querySelector<HTMLElement>(`[data-day="${focused}"]`)?.focus();
    isMoving.current = false;
  }, [focused]);

  useEffect(() => {
    const shown = period.to ?? period.from;
    if (shown !== undefined) setFocused(shown);
  }, [period]);

  function move(event: KeyboardEvent): void {
    const next = MOVES[event.key];
    if (next === undefined) return;
    event.preventDefault();
    isMoving.current = true;
    setFocused(next(focused));
  }

  const weeks = weeksOf(focused);
  return (
    <div className="calendar">
      <div className="calendar-month">
        <Button
          type="text"
          icon={<LeftOutlined aria-hidden />}
          aria-label={t("period.previousMonth")}
          onClick={() => setFocused(addMonths(focused, -1))}
        />
        <strong aria-live="polite">{monthTitle(focused, language)}</strong>
        <Button
          type="text"
          icon={<RightOutlined aria-hidden />}
          aria-label={t("period.nextMonth")}
          onClick={() => setFocused(addMonths(focused, 1))}
        />
      </div>
      <table ref={grid} onKeyDown={move} aria-label={monthTitle(focused, language)}>
        <thead>
          <tr>
            {weeks[0]?.map((day) => (
              <th key={day} scope="col">
                {dayText(day, language, { weekday: "short" })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week[0]}>
              {week.map((day) => (
                <td key={day}>
                  <button
                    type="button"
                    data-day={day}
                    data-chosen={isWithin(day, period)}
                    data-other-month={!day.startsWith(focused.slice(0, 7))}
                    tabIndex={day === focused ? 0 : -1}
                    aria-pressed={isWithin(day, period)}
                    aria-label={dayText(day, language, { dateStyle: "long" })}
                    aria-current={day === today ? "date" : undefined}
                    onClick={() => onChoose(day)}
                  >
                    {Number(day.slice(8))}
                  </button>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function isWithin(day: LocalDate, { from, to }: Period): boolean {
  if (from === undefined) return day === to;
  return to === undefined ? day === from : from <= day && day <= to;
}

function monthTitle(day: LocalDate, language: string): string {
  return dayText(day, language, { month: "long", year: "numeric" });
}

function dayText(day: LocalDate, language: string, options: Intl.DateTimeFormatOptions): string {
  const format = new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" });
  return format.format(new Date(`${day}T00:00:00Z`));
}
