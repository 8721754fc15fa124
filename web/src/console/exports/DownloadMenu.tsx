/** The download button of a list: choose a format, follow the file, cancel or save it. */
import { DownloadOutlined } from "@ant-design/icons";
import { Button, Dropdown, Modal } from "antd";
import { useTranslation } from "@/i18n";
import type { ListName, ListView } from "../lists/listView";
import { ProblemNotice } from "../ui/ProblemNotice";
import { FORMATS, useExportRequest } from "./api";
import { ExportProgress } from "./ExportProgress";

interface Props {
  name: ListName;
  view: ListView;
  /** The chosen ones, which the file has, too; none for all. */
  columns: string[];
}

export function DownloadMenu({ name, view, columns }: Props) {
  const { t } = useTranslation("console");
  const request = useExportRequest();

  return (
    <>
      <Dropdown
        trigger={["click"]}
        menu={{
          items: FORMATS.map((format) => ({ key: format, label: t(`export.format.${format}`) })),
          onClick: ({ key }) => {
            const format = FORMATS.find((each) => each === key);
            if (format) request.mutate({ list: name, format, view, columns });
          },
        }}
      >
        <Button icon={<DownloadOutlined aria-hidden />} loading={request.isPending}>
          {t("export.download")}
        </Button>
      </Dropdown>
      <Modal
        open={!request.isIdle}
        title={t("export.title")}
        onCancel={request.reset}
        footer={null}
        destroyOnHidden
      >
        {request.isPending && <p role="status">{t("waiting")}</p>}
        {request.isError && (
          <ProblemNotice
            problem={request.error}
            onRetry={() => request.mutate(request.variables)}
          />
        )}
        {request.isSuccess && <ExportProgress exportId={request.data.export_id} />}
      </Modal>
    </>
  );
}
