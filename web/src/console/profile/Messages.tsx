/** What was sent to the person, its outcome, and sending it again. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button } from "antd";
import { useRef } from "react";
import { notifications } from "@/api/clients";
import type { components } from "@/api/generated/notifications";
import { type ApiProblem, unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { useMay } from "@/session/SignedInContext";
import { DataTable } from "../ui/DataTable";
import { ProblemNotice } from "../ui/ProblemNotice";
import { ReadNotice } from "../ui/ReadNotice";
import { useFormats } from "../ui/titles";

type Message = components["schemas"]["MessageAnswer"];

function useMessages(personId: string) {
  return useQuery<Message[], ApiProblem>({
    queryKey: ["messages", personId],
    queryFn: async () => {
      const params = { path: { person_id: personId } };
      const path = "/notifications/v1/people/{person_id}/messages";
      return (await unwrap(notifications.GET(path, { params }))).items;
    },
  });
}

function useResend(personId: string) {
  const queries = useQueryClient();
  // A repeat after a lost response has the same id and sends nothing more.
  const ids = useRef(new Map<string, string>());
  return useMutation<unknown, ApiProblem, string>({
    mutationFn: (messageId) => {
      const resendId = ids.current.get(messageId) ?? crypto.randomUUID();
      ids.current.set(messageId, resendId);
      const path = { message_id: messageId, resend_id: resendId };
      return unwrap(
        notifications.PUT("/notifications/v1/messages/{message_id}/resends/{resend_id}", {
          params: { path },
        }),
      );
    },
    onSuccess: async (_, messageId) => {
      ids.current.delete(messageId);
      await queries.invalidateQueries({ queryKey: ["messages", personId] });
    },
  });
}

export function Messages({ personId }: { personId: string }) {
  const { t } = useTranslation("console");
  const may = useMay();
  const { message: notice } = App.useApp();
  const { instant, title } = useFormats();
  const messages = useMessages(personId);
  const shown = messages.data ?? [];
  const resend = useResend(personId);

  function sendAgain(message: Message): void {
    resend.mutate(message.message_id, {
      onSuccess: () => void notice.success(t("messages.queued")),
    });
  }

  return (
    <>
      <ReadNotice reads={messages} />
      {resend.isError && <ProblemNotice problem={resend.error} />}
      {messages.data?.length === 0 && <Alert type="info" title={t("messages.none")} />}
      {shown.length > 0 && (
        <DataTable
          caption={t("profile.section.messages")}
          heads={[
            t("messages.what"),
            t("messages.channel"),
            t("messages.state"),
            t("messages.since"),
            t("messages.ended"),
            t("list.action"),
          ]}
          rows={shown.map((message) => ({
            key: message.message_id,
            cells: [
              title("message-template", message.template),
              t(`messages.by.${message.channel}`),
              [
                t(`messages.states.${message.state}`),
                message.reason_in_words,
                message.resend_of !== null && t("messages.again"),
              ]
                .filter(Boolean)
                .join(" · "),
              instant(message.happened_at),
              instant(message.ended_at),
              may("messages_resend") && message.can_resend ? (
                <Button
                  key="resend"
                  size="small"
                  loading={resend.isPending && resend.variables === message.message_id}
                  onClick={() => sendAgain(message)}
                >
                  {t("messages.resend")}
                </Button>
              ) : (
                "—"
              ),
            ],
          }))}
        />
      )}
    </>
  );
}
