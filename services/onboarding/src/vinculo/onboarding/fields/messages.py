"""What is said of a refused field, by code, in every language."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

FIELD_MESSAGES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "country_unsupported": {
            "es": "Aún no se atienden documentos de este país",
            "en": "Documents of this country are not served yet",
        },
        "document_type_unknown": {
            "es": "No es un tipo de documento de este país",
            "en": "Is not a document type of this country",
        },
        "document_number_malformed": {
            "es": "El número no corresponde al tipo de documento",
            "en": "The number does not fit the document type",
        },
        "document_number_missing": {
            "es": "Escriba el número de este documento",
            "en": "Write the number of this document",
        },
        "tax_id_malformed": {
            "es": "No es un NIT con su dígito de verificación",
            "en": "Is not a tax id with its check digit",
        },
        "check_digit_wrong": {
            "es": "El dígito de verificación no corresponde al número",
            "en": "The check digit does not fit the number",
        },
        "name_empty": {"es": "Escriba al menos una letra", "en": "Write at least one letter"},
        "name_malformed": {
            "es": "Use solo letras, espacios, guiones y apóstrofos",
            "en": "Use only letters, spaces, hyphens and apostrophes",
        },
        "name_too_long": {
            "es": "Debe tener como máximo 100 caracteres",
            "en": "Must have at most 100 characters",
        },
        "text_empty": {"es": "Escriba algo aquí", "en": "Write something here"},
        "text_malformed": {
            "es": "Tiene caracteres que no se pueden leer",
            "en": "Has characters that cannot be read",
        },
        "birth_date_in_future": {
            "es": "La fecha de nacimiento está en el futuro",
            "en": "The date of birth is in the future",
        },
        "birth_date_implausible": {
            "es": "Revise el año de nacimiento",
            "en": "Check the year of birth",
        },
        "under_age": {
            "es": "Debe tener {years} años o más",
            "en": "You have to be {years} years old or older",
        },
        "over_age": {
            "es": "Debe tener {years} años o menos",
            "en": "You have to be {years} years old or younger",
        },
        "email_malformed": {
            "es": "No es una dirección de correo válida",
            "en": "Is not a valid e-mail address",
        },
        "phone_malformed": {
            "es": "No es un número de teléfono válido",
            "en": "Is not a valid phone number",
        },
        "phone_not_mobile": {
            "es": "Debe ser un número de celular",
            "en": "Must be a mobile phone number",
        },
        "password_too_short": {
            "es": "Debe tener al menos 15 caracteres; una frase sirve",
            "en": "Must have at least 15 characters; a sentence will do",
        },
        "password_too_long": {
            "es": "Debe tener como máximo 128 caracteres",
            "en": "Must have at most 128 characters",
        },
        "password_weak": {
            "es": "Es fácil de adivinar; evite sus datos, repeticiones y frases conocidas",
            "en": "Is easy to guess; avoid your own data, repetitions and well-known phrases",
        },
        "consent_required": {
            "es": "Se necesita su autorización para tratar sus datos personales",
            "en": "Your consent to keep your personal data is needed",
        },
        "consent_text_unknown": {
            "es": "No existe esa versión del texto",
            "en": "There is no such version of the text",
        },
        "consent_repeated": {
            "es": "Esta autorización aparece dos veces",
            "en": "This consent appears twice",
        },
        "consent_text_missing": {
            "es": "Indique la versión del texto que leyó",
            "en": "Give the version of the text that you read",
        },
        "contact_missing": {
            "es": "Indique un correo o un celular",
            "en": "Give an e-mail address or a mobile phone",
        },
        "contact_ambiguous": {
            "es": "Cambie el correo o el celular, no ambos a la vez",
            "en": "Change the e-mail address or the phone, not both at once",
        },
        "contact_unchanged": {
            "es": "Es el que ya está registrado",
            "en": "Is the one that is registered already",
        },
        "project_unknown": {"es": "No existe este proyecto", "en": "There is no such project"},
        "currency_malformed": {
            "es": "Debe ser un código de moneda, como COP",
            "en": "Must be a currency code such as COP",
        },
        "payer_unknown": {
            "es": "Esta pagaduría no está en el catálogo",
            "en": "This payer is not in the catalogue",
        },
        "currency_unknown": {
            "es": "No existe esta moneda",
            "en": "There is no such currency",
        },
        "currency_not_allowed": {
            "es": "Aquí no se aceptan salarios en esta moneda",
            "en": "Salaries in this currency are not taken here",
        },
        "payer_missing": {
            "es": "Elija su pagaduría o escríbala",
            "en": "Choose your payer or type it in",
        },
        "payer_ambiguous": {
            "es": "Elija una pagaduría de la lista o escríbala, no ambas",
            "en": "Choose a payer of the list or type one in, not both",
        },
        "payer_suspended": {
            "es": "Esta pagaduría está suspendida",
            "en": "This payer is suspended",
        },
        "payer_refused": {
            "es": "Esta pagaduría no fue aceptada; elija otra",
            "en": "This payer was not accepted; choose another one",
        },
        "same_payer_not_named": {
            "es": "Indique la pagaduría duplicada cuando, y solo cuando, sea un duplicado",
            "en": "Name the payer it duplicates if, and only if, it is a duplicate",
        },
        "identifier_missing": {
            "es": "Indique su número de documento",
            "en": "Give your document number",
        },
        "identifier_ambiguous": {
            "es": "Indique su documento o su correo, no ambos",
            "en": "Give your document number or your e-mail, not both",
        },
    }
)


def field_message(
    code: str, language: str, values: Mapping[str, int] = MappingProxyType({})
) -> str:
    messages = FIELD_MESSAGES[code]
    message = messages.get(language) or messages["es"]
    return message.format_map(values) if values else message
