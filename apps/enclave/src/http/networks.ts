import { BlockList, isIPv4, isIPv6 } from 'node:net';

type Family = 'ipv4' | 'ipv6';

/** Whether a caller's address lies in one of the networks, each `address` or `address/prefix`; all do where there are none. */
export function isInside(networks: readonly string[], address: string): boolean {
  if (networks.length === 0) return true;
  // Listeners for both families write IPv4 so.
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '');
  const family = familyOf(bare);
  return family !== undefined && listOf(networks, family).check(bare, family);
}

/** Whether each of the networks lies in one of the outer ones. */
export function areInside(outer: readonly string[], networks: readonly string[]): boolean {
  return networks.every((network) => {
    const { base, prefix, of } = parse(network);
    // Networks do not overlap in part: the base decides where the outer one is no smaller.
    return outer
      .map(parse)
      .some((each) => each.of === of && each.prefix <= prefix && listOf([`${each.base}/${each.prefix}`], of).check(base, of));
  });
}

const lists = new WeakMap<readonly string[], Partial<Record<Family, BlockList>>>();

/** One list for each family: one for both compares IPv4 addresses with mapped IPv6 networks. */
function listOf(networks: readonly string[], family: Family): BlockList {
  const made = lists.get(networks) ?? {};
  lists.set(networks, made);
  if (!made[family]) {
    made[family] = new BlockList();
    for (const network of networks) {
      const { base, prefix, of } = parse(network);
      if (of === family) made[family].addSubnet(base, prefix, of);
    }
  }
  return made[family];
}

function parse(network: string): { base: string; prefix: number; of: Family } {
  const [base = '', prefix] = network.split('/');
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(base) ?? [];
  const rest = Number(prefix ?? 128) - 96;
  // Addresses of callers are compared as IPv4 where they are.
  if (mapped !== undefined && rest >= 0) return { base: mapped, of: 'ipv4', prefix: rest };
  const of = isIPv4(base) ? 'ipv4' : 'ipv6';
  return { base, of, prefix: Number(prefix ?? (of === 'ipv4' ? 32 : 128)) };
}

function familyOf(address: string): Family | undefined {
  return isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
}
