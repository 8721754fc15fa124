/** The field of a new password, with the shortest length; the service judges the rest. */
import { Form, Input } from "antd";
import { useRules } from "@/api/rules";
import { useTranslation } from "@/i18n";

export function NewPasswordField() {
  const { t } = useTranslation("console");
  const shortest = useRules().data?.password.min_length;
  return (
    <Form.Item
      name="password"
      label={t("password.new")}
      extra={shortest === undefined ? undefined : t("password.hint", { length: shortest })}
      rules={[{ required: true, message: t("signIn.passwordMissing") }]}
    >
      <Input.Password autoComplete="new-password" size="large" />
    </Form.Item>
  );
}
