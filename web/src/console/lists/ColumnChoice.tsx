/** Which columns a list shows, and in which order. */
import { ArrowDownOutlined, ArrowUpOutlined } from "@ant-design/icons";
import { Button, Checkbox, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "@/i18n";
import { ProblemNotice } from "../ui/ProblemNotice";
import type { Column } from "./api";
import type { ListName } from "./listView";
import { chosenColumns, moved, useChangePreferences } from "./savedViews";

interface Props {
  name: ListName;
  columns: Column[];
  chosen: string[];
  onChosen: () => void;
}

export function ColumnChoice({ name, columns, chosen, onChosen }: Props) {
  const { t } = useTranslation("console");
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("columns.button")}</Button>
      {isOpen && (
        <ColumnDialog
          name={name}
          columns={columns}
          chosen={chosen}
          onChosen={onChosen}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}

function ColumnDialog({
  name,
  columns,
  chosen,
  onChosen,
  onClose,
}: Props & { onClose: () => void }) {
  const { t } = useTranslation("console");
  const shown = chosenColumns(columns, chosen);
  const hidden = columns.filter((column) => !shown.includes(column));
  const [order, setOrder] = useState([...shown, ...hidden]);
  const [isShown, setShown] = useState(new Set(shown.map((column) => column.name)));
  const change = useChangePreferences(name);

  function toggle(column: string): void {
    const next = new Set(isShown);
    if (!next.delete(column)) next.add(column);
    setShown(next);
  }

  async function save(names: string[]): Promise<void> {
    await change.mutateAsync((before) => ({ ...before, columns: names }));
    onChosen();
    onClose();
  }

  const names = order.map((column) => column.name).filter((column) => isShown.has(column));
  return (
    <Modal
      open
      title={t("columns.title")}
      okText={t("columns.save")}
      cancelText={t("cancel")}
      confirmLoading={change.isPending}
      okButtonProps={{ disabled: names.length === 0 }}
      onOk={() => void save(names).catch(() => undefined)}
      onCancel={onClose}
    >
      {change.isError && <ProblemNotice problem={change.error} />}
      <ul className="column-choice">
        {order.map((column, index) => (
          <li key={column.name}>
            <Checkbox checked={isShown.has(column.name)} onChange={() => toggle(column.name)}>
              {column.label}
            </Checkbox>
            <Button
              size="small"
              icon={<ArrowUpOutlined aria-hidden />}
              aria-label={t("columns.up", { column: column.label })}
              disabled={index === 0}
              onClick={() => setOrder(moved(order, index, -1))}
            />
            <Button
              size="small"
              icon={<ArrowDownOutlined aria-hidden />}
              aria-label={t("columns.down", { column: column.label })}
              disabled={index === order.length - 1}
              onClick={() => setOrder(moved(order, index, 1))}
            />
          </li>
        ))}
      </ul>
      <Button type="link" onClick={() => void save([]).catch(() => undefined)}>
        {t("columns.all")}
      </Button>
    </Modal>
  );
}
