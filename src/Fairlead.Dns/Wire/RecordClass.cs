namespace Fairlead.Dns.Wire;

/// <summary>The class of a record or a question (RFC 1035 section 3.2.4).</summary>
public enum RecordClass : ushort
{
    /// <summary>The Internet.</summary>
    Internet = 1,

    /// <summary>Chaos: servers answer questions about themselves in it.</summary>
    Chaos = 3,

    /// <summary>Questions only: no class (RFC 2136).</summary>
    None = 254,

    /// <summary>Questions only: any class.</summary>
    Any = 255,
}
