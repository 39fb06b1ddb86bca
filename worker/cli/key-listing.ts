/** What `keys` prints, as lines. */
import type { CreatedKey, ListedKey } from "./key-store.ts";
import { renderTable } from "./text-table.ts";

/** A new key, shown this once. */
export function renderCreatedKey(created: CreatedKey): string[] {
  const { account } = created;
  return [
    `key      ${created.key}`,
    `id       ${created.id}`,
    `account  ${account.name} (${account.id}${account.isNew ? ", new" : ""})`,
    `secret   ${account.webhookSecret}`,
    "",
    "The key is shown this once: Copra keeps only its hash.",
    "The secret checks the signatures of this account's webhooks; list shows it again.",
  ];
}

/** Every account with its secret and its keys. */
export function renderKeyList(listed: readonly ListedKey[], options: { widthColumns: number }): string[] {
  if (listed.length === 0) {
    return ['There are no keys yet: "npm run keys -- create --account NAME --label TEXT" makes the first.'];
  }
  const accountIds = [...new Set(listed.map((entry) => entry.account.id))];
  return accountIds.flatMap((accountId, index) => {
    const own = listed.filter((entry) => entry.account.id === accountId);
    const account = own[0]?.account;
    const heading = `${account?.name ?? ""} (${accountId})   webhook secret ${account?.webhookSecret ?? ""}`;
    return [
      ...(index === 0 ? [] : [""]),
      heading,
      ...renderKeys(own, options.widthColumns - 2).map((line) => `  ${line}`),
    ];
  });
}

/** Epoch milliseconds as "2026-11-23 09:40 UTC"; "never" and the like for null. */
export function formatTime(at: number | null, otherwise: string): string {
  return at === null ? otherwise : `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function renderKeys(entries: readonly ListedKey[], widthColumns: number): string[] {
  const keys = entries.flatMap((entry) => (entry.key === null ? [] : [entry.key]));
  if (keys.length === 0) {
    return ["no keys"];
  }
  return renderTable(
    [{ title: "id" }, { title: "created" }, { title: "last used" }, { title: "revoked" }, { title: "label" }],
    keys.map((key) => [
      key.id,
      formatTime(key.createdAt, ""),
      formatTime(key.lastUsedAt, "never"),
      formatTime(key.revokedAt, "no"),
      key.label,
    ]),
    { widthColumns },
  );
}
