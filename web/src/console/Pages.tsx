/** Routes of the console, inside its frame; most pages are loaded when they are opened. */
import { lazy, type ReactNode, Suspense } from "react";
import { Route, Routes } from "react-router";
import { useTranslation } from "@/i18n";
import { type Permission, useMay } from "@/session/SignedInContext";
import { Shell } from "./layout/Shell";
import { ListPage } from "./lists/ListPage";

const ExportsPage = lazy(() => import("./exports/ExportsPage"));
const ProfilePage = lazy(() => import("./profile/ProfilePage"));
const ReviewPage = lazy(() => import("./review/ReviewPage"));
const ReviewQueuePage = lazy(() => import("./review/ReviewQueuePage"));
const FunnelPage = lazy(() => import("./reports/FunnelPage"));
const DailyPage = lazy(() => import("./reports/DailyPage"));
const PayersPage = lazy(() => import("./administration/PayersPage"));
const CorrectionsPage = lazy(() => import("./administration/CorrectionsPage"));
const ClaimsPage = lazy(() => import("./claims/ClaimsPage"));
const ClaimPage = lazy(() => import("./claims/ClaimPage"));
const AuditPage = lazy(() => import("./administration/AuditPage"));
const StaffPage = lazy(() => import("./administration/StaffPage"));
const AccountPage = lazy(() => import("./account/AccountPage"));
const HomePage = lazy(() => import("./home/HomePage"));

export function Pages() {
  const { t } = useTranslation("console");
  return (
    <Shell>
      <Suspense fallback={<p role="status">{t("waiting")}</p>}>
        <Routes>
          <Route index element={<HomePage />} />
          <Route path="account" element={<AccountPage />} />
          <Route
            path="pre-customers"
            element={guarded("lists_read", <ListPage name="pre-customers" />)}
          />
          <Route path="customers" element={guarded("lists_read", <ListPage name="customers" />)} />
          {["users/registrations", "reports/registrations"].map((path) => (
            <Route
              key={path}
              path={path}
              element={guarded("lists_read", <ListPage name="registrations" />)}
            />
          ))}
          <Route path="people/:personId" element={guarded("profile_read", <ProfilePage />)} />
          <Route path="reports/exports" element={guarded("exports_make", <ExportsPage />)} />
          <Route path="review" element={guarded("documents_review", <ReviewQueuePage />)} />
          <Route path="review/:personId" element={guarded("documents_review", <ReviewPage />)} />
          <Route path="reports/funnel" element={guarded("lists_read", <FunnelPage />)} />
          <Route path="reports/daily" element={guarded("lists_read", <DailyPage />)} />
          <Route path="payers" element={guarded("payers_write", <PayersPage />)} />
          <Route
            path="corrections"
            element={guarded("identity_corrections_decide", <CorrectionsPage />)}
          />
          <Route path="claims" element={guarded("claims_decide", <ClaimsPage />)} />
          <Route path="claims/:claimId" element={guarded("claims_decide", <ClaimPage />)} />
          <Route path="staff" element={guarded("staff_write", <StaffPage />)} />
          <Route path="audit" element={guarded("audit_read", <AuditPage />)} />
          <Route path="*" element={<NotFound />} />
        </Routes>
      </Suspense>
    </Shell>
  );
}

function guarded(permission: Permission, page: ReactNode): ReactNode {
  return <Guard permission={permission}>{page}</Guard>;
}

function Guard({ permission, children }: { permission: Permission; children: ReactNode }) {
  return useMay()(permission) ? children : <NotFound />;
}

function NotFound() {
  const { t } = useTranslation("console");
  return <h1>{t("notFound")}</h1>;
}
