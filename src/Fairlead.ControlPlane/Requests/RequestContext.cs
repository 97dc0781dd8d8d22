using Fairlead.ControlPlane.Auth;
using Fairlead.ControlPlane.Resources;
using Microsoft.AspNetCore.Http;

namespace Fairlead.ControlPlane.Requests;

/// <summary>One request for a resource, with what is known of it.</summary>
internal sealed class RequestContext(HttpContext http, UserInfo user, RequestTarget target, ServedResource served)
{
    public HttpContext Http => http;

    public UserInfo User => user;

    public RequestTarget Target => target;

    public ServedResource Served => served;

    public ResourceDefinition Resource => served.Definition;

    public string Namespace => target.Namespace;

    public string Name => target.Name;

    public List<string> Warnings { get; } = [];

    public CancellationToken Aborted => http.RequestAborted;

    public string Query(string name) => http.Request.Query[name].ToString();

    /// <summary>A boolean as Go's strconv.ParseBool reads it; anything else is false.</summary>
    public bool Flag(string name) => Query(name) is "1" or "t" or "T" or "TRUE" or "true" or "True";

    /// <summary>Every write option in the query that makes this a rehearsal.</summary>
    public bool DryRun
    {
        get
        {
            var values = http.Request.Query["dryRun"];
            foreach (var value in values)
            {
                if (value != "All")
                {
                    throw StatusException.Invalid("meta.k8s.io", OptionsKind, "", [FieldError.NotSupported("dryRun", value, "All")]);
                }
            }

            return values.Count > 0;
        }
    }

    private string OptionsKind => http.Request.Method switch { "POST" => "CreateOptions", "PUT" => "UpdateOptions", "PATCH" => "PatchOptions", _ => "DeleteOptions" };

    /// <summary>The field manager: as named, or what the user agent calls itself.</summary>
    public string FieldManager
    {
        get
        {
            if (Query("fieldManager") is { Length: > 0 } named)
            {
                return named;
            }

            var agent = http.Request.Headers.UserAgent.ToString();
            var slash = agent.IndexOf('/');
            return slash > 0 ? agent[..slash] : agent.Length > 0 ? agent : "unknown";
        }
    }

    public WriteOptions WriteOptions => new(DryRun, FieldManager);
}
