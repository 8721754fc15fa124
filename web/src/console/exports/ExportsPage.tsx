/** The caller's exports that are still kept: to come back to after leaving the list. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { query } from "@/api/clients";
import type { components } from "@/api/generated/query";
import { type ApiProblem, unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { PageTitle } from "../ui/PageTitle";
import { ProblemNotice } from "../ui/ProblemNotice";
import { ReadNotice } from "../ui/ReadNotice";
import { useFormats } from "../ui/titles";
import { isRunning, useCancelExport, useSaveExport } from "./api";

type OwnExport = components["schemas"]["OwnExport"];

export default function ExportsPage() {
  const { t } = useTranslation("console");
  const own = useQuery<OwnExport[], ApiProblem>({
    queryKey: ["exports"],
    queryFn: async () => (await unwrap(query.GET("/query/v1/exports"))).items,
    refetchInterval: ({ state }) =>
      state.data?.some((each) => isRunning(each.state)) ? 2_000 : false,
  });
  return (
    <>
      <PageTitle title={t("menu.exports")} />
      <header className="page-head">
        <h1>{t("menu.exports")}</h1>
      </header>
      <ReadNotice reads={own} />
      {own.data?.length === 0 && <Alert type="info" title={t("export.none")} />}
      <ul className="cards">
        {own.data?.map((each) => (
          <ExportCard key={each.export_id} export={each} />
        ))}
      </ul>
    </>
  );
}

function ExportCard({ export: one }: { export: OwnExport }) {
  const { t } = useTranslation("console");
  const { count, instant } = useFormats();
  const queries = useQueryClient();
  const save = useSaveExport();
  const cancel = useCancelExport(() => queries.invalidateQueries({ queryKey: ["exports"] }));
  const problem = save.error ?? cancel.error;

  return (
    <li className="card export-card">
      <div>
        <strong>
          {t(`export.list.${one.list}`)} · {t(`export.format.${one.format}`)}
        </strong>
        <p className="quiet">
          {instant(one.requested_at)} ·{" "}
          {t("export.rows", { count: one.rows, number: count(one.rows) })} ·{" "}
          {t(`export.state.${one.state}`)} · {t("export.keptUntil")} {instant(one.expires_at)}
        </p>
      </div>
      {problem !== null && <ProblemNotice problem={problem} />}
      {one.state === "done" && (
        <Button type="primary" onClick={() => save.mutate(one.export_id)}>
          {t("export.save")}
        </Button>
      )}
      {isRunning(one.state) && (
        <Button onClick={() => cancel.mutate(one.export_id)}>{t("export.cancel")}</Button>
      )}
    </li>
  );
}
