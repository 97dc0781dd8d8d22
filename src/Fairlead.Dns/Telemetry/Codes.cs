using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Telemetry;

/// <summary>Response codes by their mnemonics.</summary>
internal static class Codes
{
    public static string Name(ResponseCode code) => code switch
    {
        ResponseCode.NoError => "NOERROR",
        ResponseCode.FormatError => "FORMERR",
        ResponseCode.ServerFailure => "SERVFAIL",
        ResponseCode.NameError => "NXDOMAIN",
        ResponseCode.NotImplemented => "NOTIMP",
        ResponseCode.Refused => "REFUSED",
        ResponseCode.BadVersion => "BADVERS",
        ResponseCode.BadCookie => "BADCOOKIE",
        _ => $"RCODE{(int)code}",
    };
}
