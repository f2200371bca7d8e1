import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** IPv4 ranges that are not a host on the public internet (IANA special-purpose registry), and one cloud's metadata host. */
const PRIVATE_IPV4: readonly [network: string, prefix: number][] = [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carrier-grade NAT, and Alibaba's metadata host
  ['127.0.0.0', 8],
  ['168.63.129.16', 32], // Azure's platform host: public by number, answers only inside its machines
  ['169.254.0.0', 16], // link-local, and the metadata host of most clouds
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // 6to4 relays
  ['192.168.0.0', 16],
  ['198.18.0.0', 15], // benchmarking
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast
];

/** Inside 2000::/3, the only range of global unicast IPv6: what is not an ordinary host, or hides an IPv4 address. */
const PRIVATE_IPV6: readonly [network: string, prefix: number][] = [
  ['2001::', 23], // protocol assignments: Teredo, ORCHID, benchmarking
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4
  ['3fff::', 20], // documentation
];

// Two lists: one BlockList compares IPv4 addresses with mapped IPv6 ranges and the reverse, and so answers more than it is asked.
const privateIpv4 = toBlockList(PRIVATE_IPV4, 'ipv4');
const privateIpv6 = toBlockList(PRIVATE_IPV6, 'ipv6');
const globalIpv6 = toBlockList([['2000::', 3]], 'ipv6');

/**
 * Whether an address is an ordinary host on the public internet. Loopback, private, link-local, multicast and reserved ranges are not, nor
 * are IPv6 forms that carry an IPv4 address (mapped, NAT64, 6to4, Teredo), nor is text that is no address.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !privateIpv4.check(address, 'ipv4');
  if (!isIPv6(address) || address.includes('%')) return false;
  return globalIpv6.check(address, 'ipv6') && !privateIpv6.check(address, 'ipv6');
}

/** The host of a URL as an address, without the brackets of IPv6; undefined when it is a name. */
export function literalAddress(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIPv4(host) || isIPv6(host) ? host : undefined;
}

/** Whether a list of `host` and `host:port` entries names the host of this URL. */
export function namesHost(hosts: Iterable<string>, url: URL): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const bare = url.hostname.replace(/^\[|\]$/g, '');
  for (const entry of hosts) {
    const host = entry.trim().toLowerCase();
    if (host === url.hostname || host === bare || host === `${url.hostname}:${port}`) return true;
  }
  return false;
}

function toBlockList(ranges: readonly [string, number][], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family);
  return list;
}
