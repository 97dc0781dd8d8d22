namespace Fairlead.Dns.Wire;

/// <summary>The type of a record or a question: IANA's registry "Resource Record (RR) TYPEs". Types that aren't named here are carried all the same.</summary>
public enum RecordType : ushort
{
    /// <summary>None; no record has it.</summary>
    None = 0,

    /// <summary>An IPv4 address.</summary>
    A = 1,

    /// <summary>A zone's name server.</summary>
    NS = 2,

    /// <summary>The name that this one stands for.</summary>
    CName = 5,

    /// <summary>A zone's start of authority.</summary>
    Soa = 6,

    /// <summary>The name of an address.</summary>
    Ptr = 12,

    /// <summary>What a host is; RFC 8482 answers ANY with one.</summary>
    HInfo = 13,

    /// <summary>A mail exchanger.</summary>
    MX = 15,

    /// <summary>Text.</summary>
    Txt = 16,

    /// <summary>An IPv6 address.</summary>
    Aaaa = 28,

    /// <summary>Where a service is: port and host (RFC 2782).</summary>
    Srv = 33,

    /// <summary>Rules that rewrite names (RFC 3403).</summary>
    Naptr = 35,

    /// <summary>The name that a whole subtree stands for (RFC 6672).</summary>
    DName = 39,

    /// <summary>EDNS's pseudo record (RFC 6891).</summary>
    Opt = 41,

    /// <summary>A delegation's signer.</summary>
    DS = 43,

    /// <summary>A signature.</summary>
    RRSig = 46,

    /// <summary>The next name of a signed zone.</summary>
    NSec = 47,

    /// <summary>A zone's key.</summary>
    DnsKey = 48,

    /// <summary>A service's parameters (RFC 9460).</summary>
    Svcb = 64,

    /// <summary>As <see cref="Svcb"/>, for HTTPS.</summary>
    Https = 65,

    /// <summary>Asks for the changes of a zone; never a record's type.</summary>
    Ixfr = 251,

    /// <summary>Asks for a whole zone; never a record's type.</summary>
    Axfr = 252,

    /// <summary>Asks for records of any type; never a record's type.</summary>
    Any = 255,
}
