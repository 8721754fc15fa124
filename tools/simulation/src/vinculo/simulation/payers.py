"""Invented Colombian payers: public bodies, pension funds and companies."""

from dataclasses import dataclass

CHECK_WEIGHTS = (3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71)

NAMES = (
    ("Secretaría de Educación de Villa Aurora", "800214563"),
    ("Alcaldía Municipal de Puerto Almendro", "890312745"),
    ("Gobernación del Alto Yarumal", "800157832"),
    ("Hospital Departamental Santa Elisa E.S.E.", "891480117"),
    ("Instituto Técnico Superior del Llano Alto", "892300561"),
    ("Universidad Pública del Macizo", "891500319"),
    ("Empresas Públicas de Montelíbano Alto E.S.P.", "811009846"),
    ("Corporación Autónoma de la Cuenca Verde", "800255101"),
    ("Fondo de Pensiones Alborada", "900336720"),
    ("Fondo de Pensiones del Magisterio Andino", "830053105"),
    ("Caja de Retiro Horizonte Sereno", "899999431"),
    ("Administradora de Pensiones Nuevo Amanecer", "900418274"),
    ("Textiles Quebrada Honda S.A.S.", "890904217"),
    ("Cooperativa de Caficultores La Cumbre", "891902158"),
    ("Flores de la Sabana Fría S.A.S.", "860045983"),
    ("Transportes Paso del Águila S.A.", "860521637"),
    ("Supermercados El Trébol de Oro S.A.", "805014370"),
    ("Ingenio Cañadulce del Sur S.A.", "891300764"),
    ("Constructora Piedra Bolívar S.A.S.", "901127845"),
    ("Vigilancia y Seguridad Faro Norte Ltda.", "860074299"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """`tax_id` is `900123456-8`, with its check digit."""

    name: str
    tax_id: str

    @property
    def pays_pensions(self) -> bool:
        return "Pensiones" in self.name or "Retiro" in self.name


def payers() -> list[Payer]:
    return [Payer(name=name, tax_id=f"{base}-{check_digit(base)}") for name, base in NAMES]


def check_digit(number: str) -> int:
    """The check digit of a NIT, with the weights of the Colombian tax authority."""
    weighted = sum(
        int(digit) * weight for digit, weight in zip(reversed(number), CHECK_WEIGHTS, strict=False)
    )
    rest = weighted % 11
    return rest if rest < 2 else 11 - rest  # noqa: PLR2004 - the rule of modulus 11
