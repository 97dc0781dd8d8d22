namespace Fairlead.Dns.Wire;

/// <summary>How a query ended: IANA's registry "DNS RCODEs". Values above 15 need EDNS, which carries their upper bits.</summary>
public enum ResponseCode : ushort
{
    /// <summary>NOERROR; without answers: the name is there, the type isn't (NODATA).</summary>
    NoError = 0,

    /// <summary>FORMERR: the query could not be read.</summary>
    FormatError = 1,

    /// <summary>SERVFAIL: the server could not find out.</summary>
    ServerFailure = 2,

    /// <summary>NXDOMAIN: there is no such name, nor any below it.</summary>
    NameError = 3,

    /// <summary>NOTIMP: the server doesn't do such queries.</summary>
    NotImplemented = 4,

    /// <summary>REFUSED: the server doesn't want to.</summary>
    Refused = 5,

    /// <summary>BADVERS: a version of EDNS that the server doesn't know.</summary>
    BadVersion = 16,

    /// <summary>BADCOOKIE: the server cookie is none of ours (RFC 7873).</summary>
    BadCookie = 23,
}
