using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Kubernetes;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Lab.Kubelet.Server;

/// <summary>A refusal as a Status: the API server passes it on as it is, and kubectl shows its message.</summary>
internal static class Refusal
{
    public static Task WriteAsync(HttpContext http, int code, string text)
    {
        http.Response.StatusCode = code;
        http.Response.ContentType = "application/json";
        KubernetesStatus status = new()
        {
            Status = "Failure",
            Message = text,
            Code = code,
            Reason = code switch { 400 => "BadRequest", 401 => "Unauthorized", 403 => "Forbidden", 404 => "NotFound", _ => "InternalError" },
        };
        var json = (JsonObject)JsonSerializer.SerializeToNode(status, KubernetesJson.TypeInfo<KubernetesStatus>())!;
        json["kind"] = "Status";
        json["apiVersion"] = "v1";
        json["metadata"] = new JsonObject();
        return http.Response.WriteAsync(json.ToJsonString());
    }
}
