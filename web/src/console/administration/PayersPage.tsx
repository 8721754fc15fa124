/** The catalogue of payers, and the proposals of people who did not find theirs. */
import { Alert, Button, Input, Select } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { useTranslation } from "@/i18n";
import { DataTable } from "../ui/DataTable";
import { Labelled } from "../ui/Labelled";
import { PageHead } from "../ui/PageHead";
import { ReadNotice } from "../ui/ReadNotice";
import { PayerDialog } from "./PayerDialog";
import { STATUSES, usePayers } from "./payersApi";

export default function PayersPage() {
  const { t } = useTranslation("console");
  const [search, setSearch] = useSearchParams();
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState<string | "new" | null>(null);
  const status = STATUSES.find((each) => each === search.get("status")) ?? "active";
  const payers = usePayers(status, words.trim());

  return (
    <>
      <PageHead title={t("menu.payers")}>
        <div className="page-actions">
          <Button type="primary" onClick={() => setChosen("new")}>
            {t("payers.register")}
          </Button>
        </div>
      </PageHead>
      <div className="filters">
        <Labelled label={t("list.search")} className="field-wide">
          {(id) => (
            <Input
              id={id}
              type="search"
              value={words}
              allowClear
              placeholder={t("payers.searchHint")}
              onChange={(event) => setWords(event.target.value)}
            />
          )}
        </Labelled>
        <Labelled label={t("payers.status")}>
          {(id) => (
            <Select
              id={id}
              value={status}
              onChange={(next) => setSearch({ status: next })}
              options={STATUSES.map((value) => ({ value, label: t(`payers.state.${value}`) }))}
            />
          )}
        </Labelled>
      </div>
      <ReadNotice reads={payers} />
      {payers.data?.length === 0 && <Alert type="info" title={t("payers.none")} />}
      {payers.data !== undefined && payers.data.length > 0 && (
        <DataTable
          caption={t("menu.payers")}
          heads={[t("payers.name"), t("payers.taxId"), t("payers.status"), t("list.action")]}
          rows={payers.data.map((payer) => ({
            key: payer.payer_id,
            cells: [
              payer.name,
              payer.tax_id ?? "—",
              t(`payers.state.${payer.status}`),
              <Button
                key="open"
                size="small"
                aria-label={t("payers.openOf", { name: payer.name })}
                onClick={() => setChosen(payer.payer_id)}
              >
                {t("payers.open")}
              </Button>,
            ],
          }))}
        />
      )}
      {chosen !== null && (
        <PayerDialog payerId={chosen === "new" ? null : chosen} onClose={() => setChosen(null)} />
      )}
    </>
  );
}
