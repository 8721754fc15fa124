/** A date filter: periods on the left, dates and a calendar on the right, ended by *Set Date*. */
import { CalendarOutlined } from "@ant-design/icons";
import { Button, Input, Modal, Popover } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "@/i18n";
import { capitalized, useFormats } from "../titles";
import { NARROW, useMediaQuery } from "../useMediaQuery";
import { isSet, type LocalDate, type Period, withDay } from "./calendar";
import { MonthCalendar } from "./MonthCalendar";

export interface PeriodPreset {
  code: string;
  title: string;
  date_from: LocalDate;
  date_to: LocalDate;
}

interface Props {
  label: string;
  period: Period;
  presets: PeriodPreset[];
  onChange: (period: Period) => void;
}

export function PeriodFilter({ label, period, presets, onChange }: Props) {
  const { t } = useTranslation("console");
  const id = useId();
  const isNarrow = useMediaQuery(NARROW);
  const [isOpen, setOpen] = useState(false);
  const text = usePeriodText(period, presets);

  function set(chosen: Period): void {
    onChange(chosen);
    setOpen(false);
    document.getElementById(id)?.focus();
  }

  const button = (
    <Button
      id={id}
      className="period-button"
      icon={<CalendarOutlined aria-hidden />}
      aria-labelledby={`${id}-label ${id}-text`}
      aria-haspopup="dialog"
      aria-expanded={isOpen}
      {...(isNarrow ? { onClick: () => setOpen(true) } : {})}
    >
      <span id={`${id}-text`}>{text ?? t("period.any")}</span>
    </Button>
  );
  return (
    <div className="field">
      <span className="field-label" id={`${id}-label`}>
        {label}
      </span>
      {isNarrow ? (
        <>
          {button}
          <Modal
            open={isOpen}
            onCancel={() => setOpen(false)}
            title={label}
            footer={null}
            destroyOnHidden
          >
            <PeriodPanel period={period} presets={presets} onSet={set} />
          </Modal>
        </>
      ) : (
        <Popover
          open={isOpen}
          onOpenChange={setOpen}
          trigger="click"
          placement="bottomLeft"
          destroyOnHidden
          content={
            <div role="dialog" aria-label={label}>
              <PeriodPanel period={period} presets={presets} onSet={set} />
            </div>
          }
        >
          {button}
        </Popover>
      )}
    </div>
  );
}

interface PanelProps {
  period: Period;
  presets: PeriodPreset[];
  onSet: (period: Period) => void;
}

function PeriodPanel({ period, presets, onSet }: PanelProps) {
  const { t } = useTranslation("console");
  const id = useId();
  const [draft, setDraft] = useState<Period>(() => withPresetDates(period, presets));
  const today = presets.find((preset) => preset.code === "today")?.date_to ?? "2026-01-01";
  const isReversed = draft.from !== undefined && draft.to !== undefined && draft.from > draft.to;

  return (
    <div className="period">
      <ul className="period-presets">
        {presets.map((preset) => (
          <li key={preset.code}>
            <Button
              type={draft.preset === preset.code ? "primary" : "text"}
              size="small"
              aria-pressed={draft.preset === preset.code}
              onClick={() => setDraft(withPresetDates({ preset: preset.code }, presets))}
            >
              {capitalized(preset.title)}
            </Button>
          </li>
        ))}
      </ul>
      <div className="period-dates">
        <div className="period-inputs">
          {(["from", "to"] as const).map((end) => (
            <label key={end} htmlFor={`${id}-${end}`}>
              {t(`period.${end}`)}
              <Input
                id={`${id}-${end}`}
                type="date"
                value={draft[end] ?? ""}
                min="1900-01-01"
                max="2200-12-31"
                onChange={(event) =>
                  setDraft({ ...draft, preset: undefined, [end]: event.target.value || undefined })
                }
              />
            </label>
          ))}
        </div>
        <MonthCalendar
          period={draft}
          today={today}
          onChoose={(day) => setDraft(withDay(draft, day))}
        />
        {isReversed && <p role="alert">{t("period.reversed")}</p>}
        <div className="period-actions">
          <Button onClick={() => onSet({})} disabled={!isSet(period)}>
            {t("period.clear")}
          </Button>
          <Button
            type="primary"
            disabled={!isSet(draft) || isReversed}
            onClick={() => onSet(draft)}
          >
            {t("period.setDate")}
          </Button>
        </div>
      </div>
    </div>
  );
}

function withPresetDates(period: Period, presets: PeriodPreset[]): Period {
  const preset = presets.find((each) => each.code === period.preset);
  return preset ? { preset: preset.code, from: preset.date_from, to: preset.date_to } : period;
}

function usePeriodText(period: Period, presets: PeriodPreset[]): string | null {
  const { t } = useTranslation("console");
  const { day } = useFormats();
  if (!isSet(period)) return null;
  const preset = presets.find((each) => each.code === period.preset);
  if (preset) return capitalized(preset.title);
  if (period.from === undefined) return t("period.until", { to: day(period.to) });
  if (period.to === undefined) return t("period.since", { from: day(period.from) });
  return period.from === period.to ? day(period.from) : `${day(period.from)} – ${day(period.to)}`;
}
