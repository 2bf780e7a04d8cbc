import { readFileSync } from "node:fs";

const contract = (name) => ({ name, abi: JSON.parse(readFileSync(`abi/${name}.json`, "utf8")) });

export default { out: "out/wagmi.ts", contracts: ["DepositToken", "SettlementEscrow"].map(contract) };
