import { describe, expect, it } from "vitest";
import { completeUploadXml, elementText, isErrorDocument } from "../../../../encoder/storage/s3-xml.ts";

describe("elementText", () => {
  it("finds an element and resolves entities once", () => {
    const xml = "<R><UploadId>a&amp;lt;b&lt;c</UploadId></R>";
    expect(elementText(xml, "UploadId")).toBe("a&lt;b<c");
  });

  it("gives null for a missing, empty or nested element", () => {
    for (const xml of ["", "<UploadId></UploadId>", "<UploadId><x/></UploadId>", "plain text"]) {
      expect(elementText(xml, "UploadId")).toBeNull();
    }
  });
});

describe("isErrorDocument", () => {
  it("recognises an error that came with status 200", () => {
    expect(isErrorDocument('<?xml version="1.0"?>\n<Error><Code>InternalError</Code></Error>')).toBe(true);
    expect(
      isErrorDocument(
        "<CompleteMultipartUploadResult><Location>x</Location></CompleteMultipartUploadResult>",
      ),
    ).toBe(false);
  });

  it("recognises it behind the white space that keeps a long completion alive", () => {
    expect(isErrorDocument("\n   \n <Error><Code>InternalError</Code></Error>")).toBe(true);
  });
});

describe("completeUploadXml", () => {
  it("numbers the parts from 1 and escapes what a store put into an ETag", () => {
    expect(completeUploadXml(['"a"', "<b>&"])).toBe(
      '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
        '<Part><PartNumber>1</PartNumber><ETag>"a"</ETag></Part>' +
        "<Part><PartNumber>2</PartNumber><ETag>&lt;b&gt;&amp;</ETag></Part></CompleteMultipartUpload>",
    );
  });
});
