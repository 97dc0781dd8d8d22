namespace Fairlead.Dns.Wire;

/// <summary>The second 16 bits of a message (RFC 1035 section 4.1.1, RFC 2535 section 6.1): flags, and between them opcode and response code.</summary>
[Flags]
public enum HeaderFlags : ushort
{
    /// <summary>No flag: a standard query that doesn't ask for recursion.</summary>
    None = 0,

    /// <summary>QR: an answer, not a question.</summary>
    Response = 0x8000,

    /// <summary>AA: the server is the authority for the name.</summary>
    Authoritative = 0x0400,

    /// <summary>TC: more was to be said than had room.</summary>
    Truncated = 0x0200,

    /// <summary>RD: the client wants the whole way gone.</summary>
    RecursionDesired = 0x0100,

    /// <summary>RA: the server goes it.</summary>
    RecursionAvailable = 0x0080,

    /// <summary>AD: signatures were checked.</summary>
    AuthenticData = 0x0020,

    /// <summary>CD: the client checks signatures itself.</summary>
    CheckingDisabled = 0x0010,

    /// <summary>Where the opcode stands; 0 is a query.</summary>
    OpcodeMask = 0x7800,

    /// <summary>Where the response code's lower four bits stand.</summary>
    ResponseCodeMask = 0x000f,
}
