import { describe, expect, it } from "vitest";
import { languageName, parseLanguage, primaryLanguage } from "../../../../worker/domain/language.ts";

describe("parseLanguage", () => {
  it.each([
    ["en", "en"],
    ["EN-us", "en-US"],
    ["eng", "en"],
    ["ger", "de"],
    ["deu", "de"],
    ["chi", "zh"],
    ["zh-hant-tw", "zh-Hant-TW"],
    ["haw", "haw"],
    ["und", "und"],
  ])("reads %s as %s", (text, tag) => {
    expect(parseLanguage(text)).toBe(tag);
  });

  it.each(["", "e", "english", "en_US", "en-", "en US", "x-private", "en-" + "a".repeat(40), "é"])(
    "refuses %j",
    (text) => {
      expect(parseLanguage(text)).toBeNull();
    },
  );
});

describe("primaryLanguage", () => {
  it("is what tags of one language have in common", () => {
    expect(["pt-BR", "pt", "zh-Hant-TW"].map(primaryLanguage)).toEqual(["pt", "pt", "zh"]);
  });
});

describe("languageName", () => {
  it("is the English name, or the tag where there is none", () => {
    expect(["de", "pt-BR", "qaa"].map(languageName)).toEqual(["German", "Brazilian Portuguese", "qaa"]);
  });

  it("takes tags with extensions and private parts by what comes before them", () => {
    const tags = ["en-x-foo", "en-u-ca-buddhist", "pt-BR-a-bbb"];
    expect(tags.map(languageName)).toEqual(["English", "English", "Brazilian Portuguese"]);
  });
});
