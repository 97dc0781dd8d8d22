namespace Fairlead.ControlPlane.Streaming;

/// <summary>Where a request is passed on to.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">TCP port.</param>
/// <param name="Tls">Speak TLS, with the server's own client certificate.</param>
/// <param name="PathAndQuery">What to ask for there.</param>
internal sealed record ProxyTarget(string Host, int Port, bool Tls, string PathAndQuery);
