"""Phrases for documents, the record in the registry, messages, and what credit systems report."""

from collections.abc import Mapping
from typing import Final

from vinculo.query_api.words.words import Words

DOCUMENTS: Final[Mapping[str, Words]] = {
    "dossier-opened.v1": Words("Se abrió el expediente", "The dossier was opened"),
    "document-received.v1": Words("Se recibió: {kind}", "Received: {kind}"),
    "document-failed-screening.v1": Words(
        "No se admitió: {kind}. Motivo: {reason_code}", "Not taken: {kind}. Reason: {reason_code}"
    ),
    "document-screened.v1": Words("Se verificó el archivo: {kind}", "File checked: {kind}"),
    "document-accepted.v1": Words("Se aceptó: {kind}", "Accepted: {kind}"),
    "document-rejected.v1": Words(
        "Se rechazó: {kind}. Motivo: {reason_code}", "Rejected: {kind}. Reason: {reason_code}"
    ),
    "document-superseded.v1": Words(
        "Se reemplazó por uno nuevo: {kind}", "Replaced by a newer one: {kind}"
    ),
    "document-demanded.v1": Words(
        "Se pidió un documento más: {kind}", "One more document asked for: {kind}"
    ),
    "dossier-submitted.v1": Words(
        "El expediente quedó completo, por revisar", "The dossier is complete and to be reviewed"
    ),
    "dossier-accepted.v1": Words("El expediente se aceptó", "The dossier was accepted"),
    "dossier-reopened.v1": Words("El expediente se reabrió", "The dossier was reopened"),
}

_REASON_ES, _REASON_EN = "Motivo: {reason_code}", "Reason: {reason_code}"

REGISTRY: Final[Mapping[str, Words]] = {
    "pre-customer-registered.v1": Words(
        "Quedó como precliente número {registration_number}: {to_status}",
        "Became pre-customer number {registration_number}: {to_status}",
    ),
    "pre-customer-activated.v1": Words(
        "El precliente se activó: {to_status}", "The pre-customer was activated: {to_status}"
    ),
    "requirements-evaluated.v1": Words(
        "Se evaluaron los requisitos: cumple {requirements_met} de {requirements}",
        "Requirements evaluated: {requirements_met} of {requirements} met",
    ),
    "pre-customer-promoted.v1": Words(
        "Pasó a ser cliente (política {policy}, versión {policy_version})",
        "Became a customer (policy {policy}, version {policy_version})",
    ),
    "record-enabled.v1": Words(f"Se activó. {_REASON_ES}", f"Enabled. {_REASON_EN}"),
    "record-set-pending.v1": Words(
        f"Quedó pendiente. {_REASON_ES}", f"Set to pending. {_REASON_EN}"
    ),
    "record-disabled.v1": Words(f"Se inactivó. {_REASON_ES}", f"Disabled. {_REASON_EN}"),
    "record-blocked.v1": Words(f"Se bloqueó. {_REASON_ES}", f"Blocked. {_REASON_EN}"),
    "record-unblocked.v1": Words(
        f"Se desbloqueó: {{to_status}}. {_REASON_ES}", f"Unblocked: {{to_status}}. {_REASON_EN}"
    ),
    "internal-user-granted.v1": Words(
        f"Se asignó como usuario interno. {_REASON_ES}", f"Made an internal user. {_REASON_EN}"
    ),
    "internal-user-revoked.v1": Words(
        f"Dejó de ser usuario interno. {_REASON_ES}", f"No longer an internal user. {_REASON_EN}"
    ),
    "record-erased.v1": Words(
        f"Se eliminaron sus datos. {_REASON_ES}", f"The data were erased. {_REASON_EN}"
    ),
}

POLICIES: Final[Mapping[str, Words]] = {
    "policy-published.v1": Words(
        "Se publicó la política {policy}, versión {policy_version}",
        "Policy {policy}, version {policy_version}, was published",
    ),
}

MESSAGES: Final[Mapping[str, Words]] = {
    "message-queued.v1": Words(
        "Se preparó un mensaje por {channel}: {template}", "Message queued, {channel}: {template}"
    ),
    "message-sent.v1": Words("Se envió el mensaje: {template}", "Message sent: {template}"),
    "message-failed.v1": Words(
        "No se pudo enviar el mensaje: {template}. Motivo: {reason_code}",
        "Message not sent: {template}. Reason: {reason_code}",
    ),
}

LOANS: Final[Mapping[str, Words]] = {
    "loan-opened.v1": Words(
        "Crédito {loan_id} desembolsado por {principal}", "Loan {loan_id} disbursed: {principal}"
    ),
    "loan-refinanced.v1": Words(
        "Crédito {loan_id} refinanciado; lo reemplaza {replaced_by_loan_id}",
        "Loan {loan_id} refinanced; replaced by {replaced_by_loan_id}",
    ),
    "loan-closed.v1": Words("Crédito {loan_id} cancelado", "Loan {loan_id} closed"),
    "loan-written-off.v1": Words(
        "Crédito {loan_id} castigado con saldo de {outstanding}",
        "Loan {loan_id} written off with {outstanding} outstanding",
    ),
    "loan-cancelled.v1": Words("Crédito {loan_id} anulado", "Loan {loan_id} cancelled"),
    "loan-reported.v1": Words(
        "Crédito {loan_id} {status}, saldo de {outstanding}",
        "Loan {loan_id} {status}, {outstanding} outstanding",
    ),
}

CREDIT_APPLICATIONS: Final[Mapping[str, Words]] = {
    "credit-application-reported.v1": Words(
        "Solicitud de crédito {application_id} por {requested}: {status}, etapa {stage_shown}",
        "Credit application {application_id} for {requested}: {status}, stage {stage_shown}",
    ),
}
