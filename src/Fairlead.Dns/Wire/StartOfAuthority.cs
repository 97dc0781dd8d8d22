namespace Fairlead.Dns.Wire;

/// <summary>What a zone's SOA record says (RFC 1035 section 3.3.13).</summary>
/// <param name="Server">The zone's first name server.</param>
/// <param name="Mailbox">Who answers for it, as a name.</param>
/// <param name="Serial">Grows with each change.</param>
/// <param name="Refresh">How often a secondary asks, in seconds.</param>
/// <param name="Retry">How soon it asks again.</param>
/// <param name="Expire">How long it goes on without an answer.</param>
/// <param name="NegativeTtl">How long "there is none" may be kept (RFC 2308).</param>
public readonly record struct StartOfAuthority(DnsName Server, DnsName Mailbox, uint Serial, uint Refresh, uint Retry, uint Expire, uint NegativeTtl);
