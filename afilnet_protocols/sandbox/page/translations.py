"""The page's words, in English and in Spanish, the vendor's language. The English ones are the keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from afilnet_protocols.sandbox.page import faults_in_spanish

if TYPE_CHECKING:
    from afilnet_protocols.sandbox.faults.fault_kind import Kind

LANGUAGES = ("en", "es")

SPANISH: Mapping[str, str] = {
    "Sandbox": "Entorno de pruebas",
    "Skip to the content": "Saltar al contenido",
    "Views": "Vistas",
    "Conversations": "Conversaciones",
    "Faults and time": "Fallos y tiempo",
    "Traffic": "Tráfico",
    "Language": "Idioma",
    "Account": "Cuenta",
    "Show": "Mostrar",
    "Search": "Buscar",
    "Search messages and people": "Buscar mensajes y personas",
    "Found": "Encontrado",
    "Nothing was found.": "No se ha encontrado nada.",
    "No conversation yet.": "Aún no hay conversaciones.",
    "unread": "sin leer",
    "Back to the conversations": "Volver a las conversaciones",
    "Show invisible characters": "Mostrar caracteres invisibles",
    "Messages": "Mensajes",
    "New messages": "Mensajes nuevos",
    "New message": "Mensaje nuevo",
    "Earlier messages": "Mensajes anteriores",
    "How it travelled": "Cómo viajó",
    "Answer as the other party": "Responder como la otra persona",
    "Message": "Mensaje",
    "Deliver": "Entregar",
    "Somebody new writes": "Escribe alguien nuevo",
    "Channel": "Canal",
    "Who writes": "Quién escribe",
    "Choose a conversation, or let somebody write.": "Elija una conversación, o haga que alguien escriba.",
    "File": "Archivo",
    "It is never fetched.": "Nunca se descarga.",
    "sent": "enviado",
    "received": "recibido",
    "The sandbox has no such place.": "El entorno de pruebas no tiene ese sitio.",
    "Call": "Llamada",
    "Request": "Petición",
    "Answer": "Respuesta",
    "No answer was sent: a fault had the last word.": "No se envió respuesta: un fallo tuvo la última palabra.",
    "What the service did": "Lo que hizo el servicio",
    "What the client was told, by its own report": "Lo que se le dijo al cliente, según él mismo",
    "Client was told": "Al cliente se le dijo",
    "it read the conversation back": "releyó la conversación",
    "it does not report": "no informa",
    "That is not true": "Eso no es cierto",
    "the service did not do it": "el servicio no lo hizo",
    "the service did it": "el servicio lo hizo",
    "What a truthful client is told": "Lo que se le dice a un cliente veraz",
    "Fault": "Fallo",
    "Protocol": "Protocolo",
    "Operation": "Operación",
    "Outcome": "Resultado",
    "Time": "Hora",
    "Took": "Duró",
    "Status": "Estado",
    "it was no call that the service understood": "no fue una llamada que el servicio entendiera",
    "The same call in five protocols": "La misma llamada en cinco protocolos",
    "Values of the call are marked; all else is the protocol's own.": (
        "Los valores de la llamada están marcados; lo demás es propio de cada protocolo."
    ),
    "this is how it came": "así llegó",
    "Copy": "Copiar",
    "Copied": "Copiado",
    "Arm a fault": "Preparar un fallo",
    "What goes wrong": "Qué falla",
    "Any": "Cualquiera",
    "Times (empty: every time)": "Veces (vacío: siempre)",
    "After how many calls": "Después de cuántas llamadas",
    "Arm": "Preparar",
    "Armed faults": "Fallos preparados",
    "Nothing is armed.": "No hay nada preparado.",
    "Fired": "Disparado",
    "Disarm": "Retirar",
    "spent": "agotado",
    "armed": "preparado",
    "It is carried out": "Se ejecuta",
    "The call is then": "La llamada queda",
    "Answer an error code": "Responder un código de error",
    "Error code": "Código de error",
    "Clock": "Reloj",
    "Move on by seconds": "Adelantar segundos",
    "Move": "Mover",
    "Stop the clock": "Parar el reloj",
    "Let it run": "Dejarlo correr",
    "Tokens": "Testigos",
    "Expire all tokens": "Caducar todos los testigos",
    "State": "Estado guardado",
    "Reset this account": "Vaciar esta cuenta",
    "Reset everything": "Vaciar todo",
    "Export the state": "Exportar el estado",
    "Import a state file": "Importar un archivo de estado",
    "Import": "Importar",
    "Behaviour of the account": "Comportamiento de la cuenta",
    "Reading marks as read": "Leer marca como leído",
    "Identifiers as numbers": "Identificadores como números",
    "Identifiers of messages": "Identificadores de mensajes",
    "A channel without conversations": "Un canal sin conversaciones",
    "Set": "Aplicar",
    "Session": "Sesión",
    "What this account did since it was emptied.": "Lo que hizo esta cuenta desde que se vació.",
    "Save as a replay file": "Guardar como archivo de repetición",
    "Start a recording": "Empezar a grabar",
    "Stop the recording": "Parar la grabación",
    "Recording since": "Se graba desde",
    "Save the last recording": "Guardar la última grabación",
    "Dialect": "Dialecto",
    "How the service speaks where the vendor leaves it open. What it holds stays.": (
        "Cómo habla el servicio donde el proveedor lo deja abierto. Lo que contiene se queda."
    ),
    "The service speaks like": "El servicio habla como",
    "a dialect of a file": "un dialecto de un archivo",
    "Switch": "Cambiar",
    "Further styles of SOAP, each at an address of its own": "Otros estilos de SOAP, cada uno en su dirección",
    "what the vendor's samples and libraries show": "lo que muestran los ejemplos y bibliotecas del proveedor",
    "a careful service of today: statuses of HTTP, types of JSON, the newest first": (
        "un servicio cuidado de hoy: estados de HTTP, tipos de JSON, lo más nuevo primero"
    ),
    "PHP as it comes: json_encode, text/html, rows of a database": (
        "PHP tal cual: json_encode, text/html, filas de una base de datos"
    ),
    "PHP that filters its arrays: lists with gaps, lone items, nulls": (
        "PHP que filtra sus arrays: listas con huecos, elementos sueltos, null"
    ),
    "PHP with NuSOAP: labels that do not fit, blank lines, lower case": (
        "PHP con NuSOAP: etiquetas que no corresponden, líneas en blanco, minúsculas"
    ),
    "a service that takes nothing on trust": "un servicio que no da nada por bueno",
    "Done.": "Hecho.",
    "Calls by protocol": "Llamadas por protocolo",
    "Calls over the last minutes": "Llamadas en los últimos minutos",
    "Outcomes": "Resultados",
    "Latency": "Latencia",
    "Token requests": "Peticiones de testigo",
    "All calls": "Todas las llamadas",
    "Filter": "Filtrar",
    "All": "Todos",
    "No call yet.": "Aún no hay llamadas.",
    "Address": "Dirección",
    "calls": "llamadas",
    "minutes ago": "minutos atrás",
    "not a call": "no es una llamada",
    "median": "mediana",
    "slowest": "la más lenta",
    "See it": "Ver",
}
"""Every word that the templates use."""


class FaultWords:
    """How kinds of faults are explained in a language.

    Args:
        language: one of :data:`LANGUAGES`.
    """

    def __init__(self, language: str) -> None:
        self._spanish = language == "es"

    def about(self, kind: Kind) -> str:
        """Return what happens, in one sentence without an end."""
        return faults_in_spanish.ABOUT.get(kind.name, kind.about) if self._spanish else kind.about

    def stage(self, stage: str) -> str:
        """Return when it goes wrong."""
        return faults_in_spanish.STAGES.get(stage, stage) if self._spanish else stage

    def processed(self, kind: Kind) -> str:
        """Return whether the service carries out the call."""
        processed = str(kind.processed)
        return faults_in_spanish.PROCESSED.get(processed, processed) if self._spanish else processed


def translate(words: str, language: str) -> str:
    """Return words in a language."""
    return SPANISH.get(words, words) if language == "es" else words


def preferred(accepted: str, chosen: str | None) -> str:
    """Return the language for a reader: the one chosen, or else what the browser prefers, or English.

    Args:
        accepted: the browser's ``Accept-Language`` (RFC 9110 §12.5.4).
        chosen: what the reader chose.
    """
    if chosen in LANGUAGES:
        return str(chosen)
    for each in accepted.lower().split(","):
        language = each.strip()[:2]
        if language in LANGUAGES:
            return language
    return "en"
