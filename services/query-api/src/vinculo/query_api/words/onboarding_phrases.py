"""Phrases for the five steps, the account and the payers."""

from collections.abc import Mapping
from typing import Final

from vinculo.query_api.words.words import Words

APPLICATION: Final[Mapping[str, Words]] = {
    "application-started.v1": Words(
        "Se registró por {channel} con documento {document_type}",
        "Registered through {channel} with document {document_type}",
    ),
    "activation-link-issued.v1": Words(
        "Se emitió un enlace de activación", "An activation link was issued"
    ),
    "registration-repeated.v1": Words(
        "Alguien intentó registrar de nuevo el documento por {channel}",
        "Someone tried to register the document again through {channel}",
    ),
    "email-verified.v1": Words("Activó la cuenta desde su correo", "Activated the account by mail"),
    "application-lapsed.v1": Words(
        "Venció el plazo para activar la cuenta", "The time to activate the account ran out"
    ),
    "reservation-taken-over.v1": Words(
        "Otra solicitud registró el documento",
        "Another application registered the document",
    ),
    "employment-declared.v1": Words(
        "Declaró su información laboral y financiera (contrato: {contract_type})",
        "Declared employment and income (contract: {contract_type})",
    ),
    "documents-provided.v1": Words(
        "Entregó todos los documentos requeridos", "Provided every required document"
    ),
    "application-completed.v1": Words("Finalizó su vinculación", "Completed the onboarding"),
}

ACCOUNT: Final[Mapping[str, Words]] = {
    "consent-given.v1": Words(
        "Aceptó: {purpose} (texto {text_version})", "Accepted: {purpose} (text {text_version})"
    ),
    "consent-withdrawn.v1": Words("Retiró la aceptación: {purpose}", "Withdrew consent: {purpose}"),
    "email-corrected.v1": Words(
        "Corrigió el correo antes de activar la cuenta",
        "Corrected the e-mail address before activation",
    ),
    "contact-change-requested.v1": Words("Pidió cambiar su {kind}", "Asked to change the {kind}"),
    "contact-changed.v1": Words(
        "Cambió su {kind}, ya verificado", "Changed the {kind}, now verified"
    ),
    "phone-code-issued.v1": Words(
        "Se emitió un código para verificar el teléfono",
        "A code to verify the phone was issued",
    ),
    "phone-verified.v1": Words("Verificó su teléfono", "Verified the phone number"),
    "password-reset-requested.v1": Words(
        "Se pidió restablecer la contraseña", "A password reset was asked for"
    ),
    "password-changed.v1": Words(
        "La contraseña se cambió {cause}", "The password was changed {cause}"
    ),
    "identity-correction-requested.v1": Words(
        "Pidió corregir sus datos de identidad", "Asked for a correction of identity data"
    ),
    "identity-corrected.v1": Words(
        "Se corrigieron sus datos de identidad", "The identity data were corrected"
    ),
    "identity-correction-refused.v1": Words(
        "Se negó la corrección de identidad. Motivo: {reason_code}",
        "The correction of identity data was refused. Reason: {reason_code}",
    ),
    "applicant-erased.v1": Words(
        "Se eliminaron la cuenta y las sesiones", "The account and its sessions were removed"
    ),
}

PAYERS: Final[Mapping[str, Words]] = {
    "payer-registered.v1": Words(
        "Se registró la pagaduría {name}", "The payer {name} was registered"
    ),
    "payer-proposed.v1": Words(
        "Un solicitante propuso la pagaduría {name}", "An applicant proposed the payer {name}"
    ),
    "payer-accepted.v1": Words("Se aceptó la pagaduría {name}", "The payer {name} was accepted"),
    "payer-refused.v1": Words(
        "Se negó la pagaduría propuesta. Motivo: {reason_code}",
        "The proposed payer was refused. Reason: {reason_code}",
    ),
    "payer-changed.v1": Words("Se cambió la pagaduría {name}", "The payer {name} was changed"),
    "payer-suspended.v1": Words(
        "Se suspendió la pagaduría. Motivo: {reason_code}",
        "The payer was suspended. Reason: {reason_code}",
    ),
    "payer-reinstated.v1": Words("Se reactivó la pagaduría", "The payer was reinstated"),
}
