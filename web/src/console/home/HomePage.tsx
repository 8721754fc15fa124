/** Home by role: what waits for the caller, and the totals of the lists. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { documents, onboarding, query } from "@/api/clients";
import { unwrap } from "@/api/problems";
import type { Read } from "@/api/reads";
import { useTranslation } from "@/i18n";
import { useMay } from "@/session/SignedInContext";
import { useClaims } from "../claims/api";
import { Panel } from "../ui/Facts";
import { PageHead } from "../ui/PageHead";
import { ReadNotice } from "../ui/ReadNotice";
import { Status } from "../ui/Status";
import { useFormats } from "../ui/titles";

export default function HomePage() {
  const { t } = useTranslation("console");
  const may = useMay();
  return (
    <>
      <PageHead title={t("home.title")} />
      <div className="panels">
        {may("documents_review") && <ReviewWork />}
        {may("identity_corrections_decide") && <CorrectionWork />}
        {may("claims_decide") && <ClaimWork />}
        {may("payers_write") && <PayerWork />}
        {may("lists_read") && <Totals />}
      </div>
    </>
  );
}

function ReviewWork() {
  const { t } = useTranslation("console");
  const { instant } = useFormats();
  const queue = useQuery({
    queryKey: ["home", "review"],
    queryFn: () =>
      unwrap(documents.GET("/documents/v1/review-queue", { params: { query: { limit: 100 } } })),
  });
  const first = queue.data?.items[0];
  return (
    <Work
      title={t("menu.reviewQueue")}
      count={queue.data && counted(queue.data.items.length, queue.data.next_cursor !== null)}
      read={queue}
      to="/review"
      action={t("review.begin")}
    >
      {first && <p>{t("home.oldest", { at: instant(first.submitted_at) })}</p>}
    </Work>
  );
}

function CorrectionWork() {
  const { t } = useTranslation("console");
  const open = useQuery({
    queryKey: ["corrections"],
    queryFn: () =>
      unwrap(onboarding.GET("/onboarding/v1/identity-corrections", { params: { query: {} } })),
  });
  return (
    <Work
      title={t("menu.corrections")}
      count={open.data && String(open.data.items.length)}
      read={open}
      to="/corrections"
      action={t("home.decide")}
    />
  );
}

function ClaimWork() {
  const { t } = useTranslation("console");
  const open = useClaims("open");
  const first = open.data?.pages[0];
  return (
    <Work
      title={t("menu.claims")}
      count={first && counted(first.items.length, Boolean(first.next_cursor))}
      read={open}
      to="/claims"
      action={t("home.decide")}
    />
  );
}

function PayerWork() {
  const { t } = useTranslation("console");
  const proposed = useQuery({
    queryKey: ["payers", "proposed", ""],
    queryFn: () =>
      unwrap(
        onboarding.GET("/onboarding/v1/payers", { params: { query: { status: ["proposed"] } } }),
      ),
  });
  return (
    <Work
      title={t("home.proposals")}
      count={proposed.data && String(proposed.data.items.length)}
      read={proposed}
      to="/payers?status=proposed"
      action={t("home.decide")}
    />
  );
}

interface WorkProps {
  title: string;
  count: string | undefined;
  read: Read;
  to: string;
  action: string;
  children?: React.ReactNode;
}

function Work({ title, count, read, to, action, children }: WorkProps) {
  const { t } = useTranslation("console");
  return (
    <Panel title={title}>
      <ReadNotice reads={read} hasWaitingSign={false} />
      {(count !== undefined || read.isPending) && (
        <div className="work">
          <p>
            <strong className="big">{count ?? "…"}</strong> {t("home.waiting")}
          </p>
          {children}
          {count !== undefined && count !== "0" && <Link to={to}>{action}</Link>}
        </div>
      )}
    </Panel>
  );
}

function Totals() {
  const { t } = useTranslation("console");
  const { count, title } = useFormats();
  const totals = useQuery({
    queryKey: ["totals"],
    queryFn: () => unwrap(query.GET("/query/v1/totals", { params: { query: {} } })),
  });
  return (
    <Panel title={t("home.totals")}>
      <ReadNotice reads={totals} />
      {Object.entries(totals.data?.by_status ?? {}).map(([kind, statuses]) => (
        <div key={kind}>
          <h3>
            <Link to={kind === "customer" ? "/customers" : "/pre-customers"}>
              {title("kind", kind)}
            </Link>
          </h3>
          <ul className="counts">
            {Object.entries(statuses).map(([status, people]) => (
              <li key={status}>
                <Link
                  to={`${kind === "customer" ? "/customers" : "/pre-customers"}?status=${status}`}
                >
                  <Status code={status} />
                </Link>
                <strong>{count(people)}</strong>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </Panel>
  );
}

function counted(items: number, hasMore: boolean): string {
  return hasMore ? `${items}+` : String(items);
}
