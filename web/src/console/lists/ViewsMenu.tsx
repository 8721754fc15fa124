/** Saved views of a list: open one, save the present one under a name, delete. */
import { Alert, Button, Dropdown, Input, Modal } from "antd";
import { type FormEvent, useState } from "react";
import { useTranslation } from "@/i18n";
import { Labelled } from "../ui/Labelled";
import { ProblemNotice } from "../ui/ProblemNotice";
import type { ListName, ListView } from "./listView";
import {
  MAX_VIEW_NAME,
  type SavedView,
  savedViewOf,
  useChangePreferences,
  viewOfSaved,
  withView,
} from "./savedViews";

interface Props {
  name: ListName;
  view: ListView;
  /** The columns that are shown now; empty for all. */
  columns: string[];
  views: SavedView[];
  onShow: (view: ListView) => void;
}

export function ViewsMenu({ name, view, columns, views, onShow }: Props) {
  const { t } = useTranslation("console");
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Dropdown
        trigger={["click"]}
        menu={{
          items: [
            ...views.map((each, index) => ({ key: String(index), label: each.name })),
            ...(views.length > 0 ? [{ type: "divider" as const }] : []),
            { key: "manage", label: t("views.manage") },
          ],
          onClick: ({ key }) => {
            const chosen = views[Number(key)];
            if (chosen === undefined) setOpen(true);
            else onShow(viewOfSaved(chosen));
          },
        }}
      >
        <Button>{t("views.button")}</Button>
      </Dropdown>
      {isOpen && (
        <ViewsDialog
          name={name}
          view={view}
          columns={columns}
          views={views}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}

type DialogProps = Omit<Props, "onShow"> & { onClose: () => void };

function ViewsDialog({ name, view, columns, views, onClose }: DialogProps) {
  const { t } = useTranslation("console");
  const [title, setTitle] = useState("");
  const change = useChangePreferences(name);
  const isTaken = views.some((each) => each.name === title.trim());

  function save(event: FormEvent): void {
    event.preventDefault();
    const saved = savedViewOf(title, view, columns);
    change.mutate((before) => ({ ...before, views: withView(before.views, saved) }), {
      onSuccess: onClose,
    });
  }

  function remove(removed: string): void {
    change.mutate((before) => ({
      ...before,
      views: before.views.filter((each) => each.name !== removed),
    }));
  }

  return (
    <Modal open title={t("views.title")} footer={null} onCancel={onClose}>
      {change.isError && <ProblemNotice problem={change.error} />}
      <form className="stack" onSubmit={save}>
        <Labelled label={t("views.name")}>
          {(id) => (
            <Input
              id={id}
              value={title}
              maxLength={MAX_VIEW_NAME}
              onChange={(event) => setTitle(event.target.value)}
            />
          )}
        </Labelled>
        <p className="quiet">{t("views.hint")}</p>
        {isTaken && <Alert type="info" title={t("views.replaces")} />}
        <Button
          type="primary"
          htmlType="submit"
          disabled={title.trim() === ""}
          loading={change.isPending}
        >
          {t("views.save")}
        </Button>
      </form>
      {views.length > 0 && (
        <ul className="saved-views">
          {views.map((each) => (
            <li key={each.name}>
              <span>{each.name}</span>
              <Button
                size="small"
                danger
                aria-label={t("views.removeOf", { name: each.name })}
                onClick={() => remove(each.name)}
              >
                {t("views.remove")}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Modal>
  );
}
