/** What happened, in words, newest first, with a filter by kind of event. */
import { Button, Select } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "@/i18n";
import { ReadNotice } from "../ui/ReadNotice";
import { useFormats } from "../ui/titles";
import { type Category, type TimelineEntry, useTimeline } from "./api";

const CATEGORIES: Category[] = [
  "application",
  "documents",
  "registry",
  "messages",
  "credit",
  "account",
];

export function Timeline({ personId }: { personId: string }) {
  const { t } = useTranslation("console");
  const id = useId();
  const [categories, setCategories] = useState<Category[]>([]);
  const timeline = useTimeline(personId, categories);
  return (
    <>
      <div className="field gap-below">
        <label className="field-label" htmlFor={id}>
          {t("timeline.filter")}
        </label>
        <Select
          id={id}
          mode="multiple"
          showSearch={false}
          value={categories}
          onChange={setCategories}
          placeholder={t("list.all")}
          options={CATEGORIES.map((value) => ({ value, label: t(`timeline.category.${value}`) }))}
        />
      </div>
      <ReadNotice reads={timeline} />
      <ol className="timeline">
        {timeline.data?.pages.flatMap(({ items }) =>
          items.map((entry) => <Entry key={entry.event_id} entry={entry} />),
        )}
      </ol>
      {timeline.hasNextPage && (
        <Button loading={timeline.isFetchingNextPage} onClick={() => void timeline.fetchNextPage()}>
          {t("timeline.older")}
        </Button>
      )}
    </>
  );
}

function Entry({ entry }: { entry: TimelineEntry }) {
  const { t } = useTranslation("console");
  const { instant } = useFormats();
  const note = entry.facts.note;
  return (
    <li>
      <p className="quiet">
        <time dateTime={entry.at}>{instant(entry.at)}</time> ·{" "}
        {t(`timeline.category.${entry.category}`)}
      </p>
      <p>{entry.words}</p>
      {typeof note === "string" && <p className="note">«{note}»</p>}
    </li>
  );
}
