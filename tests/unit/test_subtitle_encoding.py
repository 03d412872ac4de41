"""Subtitle files in the code pages of their languages: docs/contract/files.md 4."""

import pytest

from dlambda.domain.files.subtitle_encoding import read_text

# Language, code pages, lines that a file may consist of.
FOREIGN = [
    ("ru", "cp1251 koi8_r cp866 iso8859_5", "Доброе утро, садовник\nСегодня будет дождь"),
    ("ru", "cp1251 koi8_r", "- Кто там?\n- Это я, почтальон Печкин!"),
    ("rus", "cp1251", "Привет, Джон!"),
    ("uk", "cp1251 koi8_u", "Доброго ранку, садівнику\nСьогодні буде дощ"),
    ("bg", "cp1251", "Добро утро, градинарю\nДнес ще вали дъжд"),
    ("sr", "cp1251", "Добро јутро, баштоване\nДанас ће падати киша"),
    ("el", "cp1253 iso8859_7", "Καλημέρα κηπουρέ\nΣήμερα θα βρέξει"),
    ("he", "cp1255 iso8859_8", "בוקר טוב, גנן\nהיום ירד גשם"),
    ("ar", "cp1256 iso8859_6", "صباح الخير أيها البستاني\nستمطر اليوم"),
    ("fa", "cp1256", "صبح بخير باغبان\nامروز باران مي بارد"),
    ("th", "cp874", "สวัสดีตอนเช้า คนสวน\nวันนี้ฝนจะตก"),
    ("ja", "shift_jis euc_jp", "おはよう、庭師さん\n今日は雨が降るでしょう"),
    ("jpn", "shift_jis euc_jp", "ビデオを見ましょう"),
    ("ja", "shift_jis euc_jp iso2022_jp", "何も分からない。"),
    ("ko", "euc_kr", "좋은 아침, 정원사\n오늘 비가 올 거예요"),
    ("kor", "euc_kr", "사랑해요"),
    ("zh-Hans", "gb18030", "早上好,园丁\n今天会下雨"),
    ("zh", "gb18030", "警察来了"),
    ("zh-Hant", "big5", "早安,園丁\n今天會下雨"),
    ("zh-TW", "big5", "小心!"),
    ("zh-Hant-TW", "big5", "警察來了"),
    ("ru-RU", "cp1251", "Где ты был вчера вечером?"),
]
LATIN = [
    ("cs", "cp1250 iso8859_2", "Dobré ráno, zahradníku\nDnes bude pršet. Žluťoučký kůň"),
    ("pol", "cp1250 iso8859_2", "Dzień dobry, ogrodniku\nDziś będzie padać śnieg, źle"),
    ("hu", "cp1250", "Jó reggelt, kertész\nMa esni fog az eső, tűz"),
    ("hr", "cp1250", "Laku noć, šefe\nĐavo, možda čeka"),
    ("sr", "cp1250", "Laku noć, šefe\nĐavo, možda čeka"),
    ("tr", "cp1254", "Günaydın bahçıvan\nBugün yağmur yağacak"),
    ("lt", "cp1257", "Labas rytas, sodininke\nŠiandien lis, ačiū, žmogus ėjo"),
]
WESTERN = [
    "naïve café\ndéjà vu, garçon", "Où ?\n– Là-bas… à côté.", "Été", "À Nîmes", "créée", "Ça va ?", "l'œuvre", "«Hé!»",
    "Jag är här för att hämta båten", "Hej då", "På ön", "VÄLKOMMEN ÅTER", "Hyvää päivää", "Yö", "Schöne Grüße", "Größe",
    "¿Qué?", "¡Sí!", "NIÑO", "Não, é isso", "corações", "È così", "Nå, så går vi på ø", "Góðan daginn, það er æði", "één",
    "Say “hello” – it’s a café", "only ASCII",
]  # fmt: skip


def srt(text, newline="\n"):
    cues = [f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{line}\n" for n, line in enumerate(text.split("\n"), 1)]
    return "\n".join(cues).replace("\n", newline)


def in_each(cases):
    return [(language, page, text) for language, pages, text in cases for page in pages.split()]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("language", "page", "text"), in_each(FOREIGN))
def test_letters_tell_the_code_page_and_so_does_the_language(language, page, text, newline):
    data = srt(text, newline).encode(page)
    assert read_text(data) == srt(text, newline)
    assert read_text(data, language) == srt(text, newline)
    assert read_text(data, "en") == srt(text, newline)


@pytest.mark.parametrize(("language", "page", "text"), in_each(LATIN))
def test_a_language_of_latin_letters_tells_its_code_page(language, page, text):
    assert read_text(srt(text).encode(page), language) == srt(text)


@pytest.mark.parametrize("language", ["", "und", "fr", "en"])
@pytest.mark.parametrize("text", WESTERN)
def test_anything_else_is_windows_1252(text, language):
    assert read_text(srt(text).encode("cp1252"), language) == srt(text)
    mixed = srt(f"He said hello to us\n{text}\nand left")
    assert read_text(mixed.encode("cp1252"), language) == mixed


@pytest.mark.parametrize(
    ("sent", "text"),
    [("Chào ba\u0323n", "Chào bạn"), ("tôi không biê\u0301t", "tôi không biết"), ("đươ\u0300ng", "đường")],
)
def test_vietnamese_has_accents_of_its_own(sent, text):
    assert read_text(srt(sent).encode("cp1258"), "vi") == srt(text)


@pytest.mark.parametrize("bad", [b"\xe9", b"\xff", b"\x80", b"\xc3", b"\xed\xa0\x80"[:1]])
@pytest.mark.parametrize("text", ["naïve café\ndéjà vu", "é", "Доброе утро", "おはよう", "🎬"])
@pytest.mark.parametrize("language", ["", "ru", "ja"])
def test_one_bad_byte_of_utf_8_spoils_nothing_else(bad, text, language):
    data = srt(text).encode() + b"\n9\n00:01:00,000 --> 00:01:01,000\nbad: " + bad + b"\n"
    assert read_text(data, language) == srt(text) + "\n9\n00:01:00,000 --> 00:01:01,000\nbad: \ufffd\n"


@pytest.mark.parametrize(
    ("page", "text", "bad"), [("cp1251", "Доброе утро, садовник", b"\x98"), ("shift_jis", "おはよう、庭師さん", b"\x85"),
                              ("euc_kr", "좋은 아침, 정원사", b"\xff"), ("cp1252", "déjà vu", b"\x81")]
)  # fmt: skip
def test_one_bad_byte_of_a_code_page_spoils_nothing_else(page, text, bad):
    read = read_text(srt(text).encode(page) + b"\n\n" + bad + b"\n" + srt(text).encode(page))
    assert read.replace("\ufffd", "").replace("\x81", "") == srt(text) + "\n\n\n" + srt(text)


def test_a_file_that_was_cut_in_a_letter_is_utf_8():
    data = srt("Доброе утро, садовник").encode().rstrip()
    assert read_text(data[:-1], "ru") == srt("Доброе утро, садовни").rstrip() + "\ufffd"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", ["déjà vu", "Доброе утро", "おはよう", "🎬"])
def test_unicode_with_and_without_a_mark(encoding, text):
    assert read_text(srt(text).encode(encoding), "ja") == srt(text)
    big = b"\xfe\xff" + srt(text).encode("utf-16-be")
    assert read_text(big) == srt(text)


@pytest.mark.parametrize(("language", "page", "text"), in_each([FOREIGN[0], FOREIGN[11], FOREIGN[16]]))
def test_a_script_is_judged_by_what_is_said(language, page, text):
    head = "[Script Info]\nTitle: A film\nScriptType: v4.00+\n\n[V4+ Styles]\nStyle: Default,Arial,20\n\n[Events]\n" * 3
    lines = "".join(rf"Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{{\fnArial\pos(1,2)}}{line}" + "\n"
                    for line in text.split("\n"))  # fmt: skip
    assert read_text((head + lines).encode(page)) == head + lines
