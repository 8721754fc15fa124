/** The person's account: contact, password, consents and sessions. */
import { useTranslation } from "@/i18n";
import { useApplication } from "../application/ownApplication";
import { Page } from "../layout/Page";
import { ReadNotice } from "../layout/ReadNotice";
import { ConsentsSection } from "./ConsentsSection";
import { ContactSection } from "./ContactSection";
import { PasswordSection } from "./PasswordSection";
import { PersonSection } from "./PersonSection";
import { PhoneCodeSection } from "./PhoneCodeSection";
import { SessionsSection } from "./SessionsSection";

export default function AccountPage() {
  const { t } = useTranslation("registration");
  const application = useApplication();
  return (
    <Page title={t("account.title")}>
      <ReadNotice reads={application} />
      {application.data && (
        <>
          <PersonSection application={application.data} />
          <ContactSection kind="email" application={application.data} />
          <ContactSection kind="phone" application={application.data} />
          {!application.data.phone_verified && <PhoneCodeSection />}
          <PasswordSection />
          <ConsentsSection />
        </>
      )}
      <SessionsSection />
    </Page>
  );
}
