/** Claims to documents by their state, the oldest first. */
import { Alert, Button, Select } from "antd";
import { Link, useSearchParams } from "react-router";
import { useTranslation } from "@/i18n";
import { DataTable } from "../ui/DataTable";
import { Labelled } from "../ui/Labelled";
import { PageHead } from "../ui/PageHead";
import { ReadNotice } from "../ui/ReadNotice";
import { useFormats } from "../ui/titles";
import { type Claim, type ClaimState, STATES, useClaims } from "./api";

export default function ClaimsPage() {
  const { t } = useTranslation("console");
  const { instant } = useFormats();
  const [search, setSearch] = useSearchParams();
  const state = STATES.find((each) => each === search.get("state")) ?? "open";
  const found = useClaims(state);
  const claims = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="stack">
      <PageHead title={t("menu.claims")} />
      <Labelled label={t("claims.state")}>
        {(id) => (
          <Select<ClaimState>
            id={id}
            value={state}
            onChange={(chosen) => setSearch({ state: chosen }, { replace: true })}
            options={STATES.map((each) => ({ value: each, label: t(`claims.states.${each}`) }))}
          />
        )}
      </Labelled>
      <ReadNotice reads={found} />
      {found.data && claims.length === 0 && (
        <Alert type="success" title={t(`claims.none.${state}`)} />
      )}
      {claims.length > 0 && (
        <DataTable
          caption={t("menu.claims")}
          heads={[
            t("claims.openedAt"),
            t("claims.claimant"),
            t("claims.endsAt"),
            t("claims.holder"),
          ]}
          rows={claims.map((claim) => ({
            key: claim.claim_id,
            cells: [
              instant(claim.opened_at),
              <Link key="open" to={`/claims/${claim.claim_id}`}>
                {claimantName(claim) || t("claims.destroyed")}
              </Link>,
              instant(claim.decision?.at ?? claim.expires_at),
              <Link key="holder" to={`/people/${claim.holder}`}>
                {t("claims.holderProfile")}
              </Link>,
            ],
          }))}
        />
      )}
      {found.hasNextPage && (
        <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("review.more")}
        </Button>
      )}
    </div>
  );
}

function claimantName(claim: Claim): string {
  return [claim.given_names, claim.surnames].filter(Boolean).join(" ");
}
