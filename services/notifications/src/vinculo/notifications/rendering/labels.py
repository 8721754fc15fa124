"""Codes of events in words: kinds of documents, reasons, steps. Unknown codes have words too.

Each is a phrase within a sentence of a template, or a whole sentence where it says so.
"""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_time

from vinculo.notifications.domain.message import Locale

DOCUMENTS: Mapping[Locale, Mapping[str, str]] = {
    Locale.SPANISH: {
        "identity_card_front": "el frente de su documento de identidad",
        "identity_card_back": "el respaldo de su documento de identidad",
        "payslip": "su desprendible de pago",
        "employment_certificate": "su certificado laboral",
        "employment_contract": "su contrato de trabajo",
        "bank_statement": "su extracto bancario",
        "debt_clearance": "su paz y salvo",
        "income_certificate": "su certificado de ingresos y retenciones",
        "tax_return": "su declaración de renta",
        "utility_bill": "un recibo de servicios públicos",
        "other_document": "un documento más",
    },
    Locale.ENGLISH: {
        "identity_card_front": "the front of your identity document",
        "identity_card_back": "the back of your identity document",
        "payslip": "your payslip",
        "employment_certificate": "your employment certificate",
        "employment_contract": "your employment contract",
        "bank_statement": "your bank statement",
        "debt_clearance": "your certificate of no debt",
        "income_certificate": "your certificate of income and withholdings",
        "tax_return": "your tax return",
        "utility_bill": "a utility bill",
        "other_document": "one more document",
    },
}
ANY_DOCUMENT = {
    Locale.SPANISH: "uno de sus documentos",
    Locale.ENGLISH: "one of your documents",
}

UNUSABLE: Mapping[Locale, Mapping[str, str]] = {
    Locale.SPANISH: {
        "empty": "el archivo está vacío",
        "type_mismatch": "el archivo no es lo que su nombre dice: debe ser un PDF, un JPG o un PNG",
        "damaged": "el archivo está dañado y no se puede abrir",
        "too_many_pixels": "la imagen es demasiado grande; tómela con menos resolución",
        "encrypted": "el archivo tiene contraseña; guárdelo sin contraseña",
        "active_content": (
            "el archivo contiene programas o formularios activos; guárdelo como un PDF sencillo"
        ),
        "embedded_files": "el archivo lleva otros archivos adentro; envíe solo el documento",
        "too_many_pages": "el archivo tiene demasiadas páginas; envíe solo las del documento",
        "expands_too_much": "el archivo es demasiado pesado al abrirlo; escanéelo de nuevo",
        "too_complex": "el archivo es demasiado complejo; escanéelo de nuevo",
        "changed_after_upload": "el archivo cambió mientras lo recibíamos",
    },
    Locale.ENGLISH: {
        "empty": "the file is empty",
        "type_mismatch": "the file is not what its name says: it must be a PDF, a JPG or a PNG",
        "damaged": "the file is damaged and cannot be opened",
        "too_many_pixels": "the image is too large; take it at a lower resolution",
        "encrypted": "the file has a password; save it without one",
        "active_content": "the file holds programs or active forms; save it as a plain PDF",
        "embedded_files": "the file carries other files inside; send the document alone",
        "too_many_pages": "the file has too many pages; send those of the document alone",
        "expands_too_much": "the file becomes too large when opened; scan it again",
        "too_complex": "the file is too complex; scan it again",
        "changed_after_upload": "the file changed while we were receiving it",
    },
}
ANY_UNUSABLE = {
    Locale.SPANISH: "no pudimos leer el archivo",
    Locale.ENGLISH: "we could not read the file",
}

REJECTED: Mapping[Locale, Mapping[str, str]] = {
    Locale.SPANISH: {
        "illegible": "no se lee bien",
        "wrong_document": "no es el documento que pedimos",
        "expired": "ya no está vigente",
        "incomplete": "está incompleto",
    },
    Locale.ENGLISH: {
        "illegible": "it cannot be read well",
        "wrong_document": "it is not the document that we asked for",
        "expired": "it is out of date",
        "incomplete": "it is incomplete",
    },
}
ANY_REJECTED = {
    Locale.SPANISH: "no cumple lo que pedimos",
    Locale.ENGLISH: "it does not meet what we asked for",
}

CORRECTION_REFUSED: Mapping[Locale, Mapping[str, str]] = {
    Locale.SPANISH: {
        "not_proved": "los documentos que tenemos no muestran el cambio",
        "mistaken": "el cambio no coincide con su documento de identidad",
    },
    Locale.ENGLISH: {
        "not_proved": "the documents that we have do not show the change",
        "mistaken": "the change does not agree with your identity document",
    },
}
ANY_CORRECTION_REFUSED = {
    Locale.SPANISH: "no pudimos confirmarlo",
    Locale.ENGLISH: "we could not confirm it",
}

# Whole sentences.
NEXT_STEPS: Mapping[Locale, Mapping[str, str]] = {
    Locale.SPANISH: {
        "activation": (
            "Falta activar su cuenta. Use el enlace que le enviamos; si ya venció, pida otro desde "
            "nuestra página."
        ),
        "employment": "Sigue contarnos sobre su trabajo y sus ingresos.",
        "documents": "Sigue enviar sus documentos: basta una foto clara de cada uno.",
        "completion": "Solo falta que confirme su registro.",
    },
    Locale.ENGLISH: {
        "activation": (
            "Your account has to be activated. Use the link that we sent you; if it has expired, "
            "ask for another one on our page."
        ),
        "employment": "The next thing is to tell us about your work and your income.",
        "documents": "The next thing is to send your documents: a clear photo of each is enough.",
        "completion": "All that is left is to confirm your registration.",
    },
}
BABEL_LOCALES = {Locale.SPANISH: "es_CO", Locale.ENGLISH: "en_US"}
MOMENT_PATTERNS = {
    Locale.SPANISH: "EEEE d 'de' MMMM 'de' y, h:mm a, vvvv",
    Locale.ENGLISH: "EEEE, MMMM d, y, h:mm a, vvvv",
}
NARROW_SPACES = str.maketrans("\u202f\u00a0", "  ")


def document_in_words(kind: str, locale: Locale) -> str:
    return DOCUMENTS[locale].get(kind, ANY_DOCUMENT[locale])


def unusable_in_words(reason_code: str, locale: Locale) -> str:
    return UNUSABLE[locale].get(reason_code, ANY_UNUSABLE[locale])


def rejected_in_words(reason_code: str, locale: Locale) -> str:
    return REJECTED[locale].get(reason_code, ANY_REJECTED[locale])


def correction_refused_in_words(reason_code: str, locale: Locale) -> str:
    return CORRECTION_REFUSED[locale].get(reason_code, ANY_CORRECTION_REFUSED[locale])


def next_step_in_words(step: str, locale: Locale) -> str:
    return NEXT_STEPS[locale][step]


def moment_in_words(moment: datetime, zone: ZoneInfo, locale: Locale) -> str:
    """Weekday, date, time and the zone's everyday name, in the language of the message."""
    words = format_datetime(
        moment, MOMENT_PATTERNS[locale], tzinfo=zone, locale=BABEL_LOCALES[locale]
    )
    return words.translate(NARROW_SPACES)


def time_in_words(moment: datetime, zone: ZoneInfo, locale: Locale) -> str:
    words = format_time(moment, "h:mm a", tzinfo=zone, locale=BABEL_LOCALES[locale])
    return words.translate(NARROW_SPACES)
