namespace Fairlead.Dns.Serving;

/// <summary>How a query came.</summary>
public enum DnsTransport : byte
{
    /// <summary>The server asks itself.</summary>
    Internal,

    /// <summary>One datagram, whose sender's address may be a lie.</summary>
    Udp,

    /// <summary>A connection.</summary>
    Tcp,
}
