/** The body as text, whatever its Content-Type: `Response.text()` warns about media types. */
export async function bodyText(response: Response): Promise<string> {
  return new TextDecoder().decode(await response.arrayBuffer());
}
