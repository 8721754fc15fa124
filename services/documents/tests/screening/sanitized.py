"""The screening of a file that is expected to pass."""

from vinculo.documents.screening.screener import Screener, ScreeningPassed


async def sanitized(content: bytes, media_type: str) -> bytes:
    screener = Screener()
    result = await screener.screen(content, media_type)
    await screener.close()
    assert isinstance(result, ScreeningPassed)
    return result.content
