"""Words for the codes in events, by the name of the fact. An unknown code stands for itself."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from vinculo.query_api.words.words import Words
from vinculo.translation import Language

KINDS: Final = {
    "pre_customer": Words("Precliente", "Pre-customer"),
    "customer": Words("Cliente", "Customer"),
}

STATUSES: Final = {
    "pending_email_verification": Words("Pendiente de validación", "Pending validation"),
    "pending": Words("Pendiente", "Pending"),
    "enabled": Words("Activo", "Enabled"),
    "disabled": Words("Inactivo", "Disabled"),
    "blocked": Words("Bloqueado", "Blocked"),
}

LOAN_STATUSES: Final = {
    "active": Words("vigente", "active"),
    "refinanced": Words("refinanciado", "refinanced"),
    "closed": Words("cancelado", "closed"),
    "written_off": Words("castigado", "written off"),
    "cancelled": Words("anulado", "cancelled"),
}

CREDIT_APPLICATION_STATUSES: Final = {
    "open": Words("en trámite", "open"),
    "approved": Words("aprobada", "approved"),
    "rejected": Words("rechazada", "rejected"),
    "withdrawn": Words("desistida", "withdrawn"),
    "disbursed": Words("desembolsada", "disbursed"),
}

DOCUMENT_AND_CONTACT_KINDS: Final = {
    "identity_card_front": Words("documento de identidad (anverso)", "identity card (front)"),
    "identity_card_back": Words("documento de identidad (reverso)", "identity card (back)"),
    "payslip": Words("desprendible de nómina", "payslip"),
    "employment_certificate": Words("certificado laboral", "employment certificate"),
    "employment_contract": Words("contrato laboral", "employment contract"),
    "bank_statement": Words("extracto bancario", "bank statement"),
    "debt_clearance": Words("paz y salvo", "debt clearance"),
    "income_certificate": Words(
        "certificado de ingresos y retenciones", "certificate of income and withholdings"
    ),
    "tax_return": Words("declaración de renta", "tax return"),
    "utility_bill": Words("recibo de servicios públicos", "utility bill"),
    "other_document": Words("otro documento", "other document"),
    "email": Words("correo electrónico", "e-mail address"),
    "phone": Words("teléfono", "phone number"),
}

PURPOSES: Final = {
    "personal_data": Words("tratamiento de datos personales", "processing of personal data"),
    "marketing": Words("comunicaciones comerciales", "commercial messages"),
}

CHANNELS: Final = {
    "web": Words("la web", "the web"),
    "mobile": Words("el móvil", "a phone"),
    "email": Words("correo electrónico", "e-mail"),
    "sms": Words("mensaje de texto", "text message"),
}

CONTRACT_TYPES: Final = {
    "indefinite": Words("término indefinido", "indefinite term"),
    "fixed_term": Words("término fijo", "fixed term"),
    "service": Words("prestación de servicios", "services"),
    "pension": Words("pensión", "pension"),
    "other": Words("otro", "other"),
}

CAUSES: Final = {
    "reset": Words("con un enlace de restablecimiento", "with a reset link"),
    "changed": Words("por la persona", "by the person"),
}

TEMPLATES: Final = {
    "activation": Words("activación de la cuenta", "account activation"),
    "owner-warned": Words("aviso de registro repetido", "warning of a repeated registration"),
    "promoted": Words("aviso de promoción", "notice of promotion"),
    "welcome": Words("bienvenida", "welcome"),
    "document-unusable": Words("archivo no admitido", "file not taken"),
    "document-rejected": Words("documento rechazado", "document rejected"),
    "document-demanded": Words("solicitud de otro documento", "request for one more document"),
    "reminder": Words("recordatorio", "reminder"),
    "last-reminder": Words("último recordatorio", "last reminder"),
    "password-reset": Words("restablecimiento de la contraseña", "password reset"),
    "password-changed": Words("cambio de contraseña", "change of password"),
    "contact-change": Words("confirmación del nuevo correo", "confirmation of the new address"),
    "contact-changed": Words("cambio de contacto", "change of contact"),
    "phone-code": Words("código de verificación", "verification code"),
    "phone-change-code": Words("código para el nuevo teléfono", "code for the new phone"),
    "phone-changed": Words("cambio de teléfono", "change of phone"),
    "identity-corrected": Words("corrección de datos", "correction of details"),
    "correction-refused": Words("corrección no aceptada", "correction not accepted"),
}

REASONS: Final = {
    "requested": Words("lo pidió la persona", "the person asked for it"),
    "inactive": Words("inactividad", "inactivity"),
    "reactivated": Words("la persona volvió", "the person came back"),
    "data_to_review": Words("datos por revisar", "data to review"),
    "data_reviewed": Words("datos revisados", "data reviewed"),
    "fraud_suspected": Words("sospecha de fraude", "suspected fraud"),
    "investigation_closed": Words("investigación cerrada", "investigation closed"),
    "legal_order": Words("orden de autoridad", "legal order"),
    "mistake": Words("corrección de un error", "correction of a mistake"),
    "other": Words("otro motivo", "another reason"),
    "duplicate": Words("duplicado", "duplicate"),
    "incorrect": Words("registro incorrecto", "incorrect record"),
    "not_proved": Words("sin soporte", "not proved"),
    "mistaken": Words("solicitud equivocada", "mistaken request"),
    "not_a_payer": Words("no es una pagaduría", "not a payer"),
    "agreement_ended": Words("convenio terminado", "agreement ended"),
    "does_not_pay": Words("no paga", "does not pay"),
    "closed": Words("cerrada", "closed"),
    "joined_staff": Words("ingresó al personal", "joined the staff"),
    "duties_changed": Words("cambio de funciones", "change of duties"),
    "left_staff": Words("dejó el personal", "left the staff"),
    "illegible": Words("ilegible", "illegible"),
    "wrong_document": Words("documento equivocado", "wrong document"),
    "expired": Words("vencido", "expired"),
    "incomplete": Words("incompleto", "incomplete"),
    "empty": Words("archivo vacío", "empty file"),
    "type_mismatch": Words("el contenido no es del tipo indicado", "not of the type it says"),
    "damaged": Words("archivo dañado", "damaged file"),
    "too_many_pixels": Words("imagen demasiado grande", "image too large"),
    "encrypted": Words("archivo cifrado", "encrypted file"),
    "active_content": Words("contenido activo", "active content"),
    "embedded_files": Words("archivos incrustados", "embedded files"),
    "too_many_pages": Words("demasiadas páginas", "too many pages"),
    "expands_too_much": Words("se expande demasiado", "expands too much"),
    "too_complex": Words("demasiado complejo", "too complex"),
    "changed_after_upload": Words("cambió después de subirse", "changed after the upload"),
    "address_refused": Words("dirección rechazada", "address refused"),
    "message_refused": Words("mensaje rechazado", "message refused"),
    "attempts_exhausted": Words("intentos agotados", "attempts exhausted"),
    "recipient_erased": Words("destinatario eliminado", "recipient erased"),
    "link_expired": Words("enlace vencido", "link expired"),
    "link_superseded": Words("enlace reemplazado", "link superseded"),
}

CODES: Final[Mapping[str, Mapping[str, Words]]] = MappingProxyType(
    {
        "from_status": STATUSES,
        "to_status": STATUSES,
        "status": {**LOAN_STATUSES, **CREDIT_APPLICATION_STATUSES},
        "kind": DOCUMENT_AND_CONTACT_KINDS,
        "purpose": PURPOSES,
        "channel": CHANNELS,
        "contract_type": CONTRACT_TYPES,
        "cause": CAUSES,
        "template": TEMPLATES,
        "reason_code": REASONS,
    }
)
"""By the fact's name."""


def word(codes: Mapping[str, Words], code: str, language: Language) -> str:
    known = codes.get(code)
    return code if known is None else known.said(language)
