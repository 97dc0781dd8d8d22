using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Resources;

namespace Fairlead.ControlPlane.Requests;

/// <summary>
/// A request's answer when it is not the object: HTTP status, reason and sentence exactly as kube-apiserver gives them
/// (apimachinery, api/errors/errors.go). Thrown anywhere while a request is handled; one place turns it into a Status document.
/// </summary>
internal sealed class StatusException(int code, string reason, string message, JsonObject? details = null) : Exception(message)
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;

    public JsonObject? Details { get; } = details;

    public JsonObject ToStatus()
    {
        JsonObject status = new()
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = Message,
        };
        if (Reason.Length > 0)
        {
            status["reason"] = Reason;
        }

        if (Details is not null)
        {
            status["details"] = Details.DeepClone();
        }

        status["code"] = Code;
        return status;
    }

    public static StatusException NotFound(ResourceDefinition resource, string name) =>
        new(404, "NotFound", $"{resource.QualifiedPlural} \"{name}\" not found", Names(name, resource.Group, resource.Plural));

    public static StatusException NoSuchPath() => new(404, "NotFound", "the server could not find the requested resource", []);

    public static StatusException AlreadyExists(ResourceDefinition resource, string name) =>
        new(409, "AlreadyExists", $"{resource.QualifiedPlural} \"{name}\" already exists", Names(name, resource.Group, resource.Plural));

    public static StatusException Modified(ResourceDefinition resource, string name) => Conflict(
        resource, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static StatusException Conflict(ResourceDefinition resource, string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {resource.QualifiedPlural} \"{name}\": {why}", Names(name, resource.Group, resource.Plural));

    /// <summary>A failed precondition; kube-apiserver names the Go kind here, not the resource.</summary>
    public static StatusException PreconditionFailed(ResourceDefinition resource, string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {resource.Kind} \"{name}\": {why}", Names(name, "", resource.Kind));

    public static StatusException BadRequest(string message) => new(400, "BadRequest", message);

    public static StatusException MethodNotAllowed() =>
        new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", []);

    public static StatusException UnsupportedMediaType() => new(
        415, "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf");

    public static StatusException UnsupportedPatch() => new(415, "UnsupportedMediaType", "415: Unsupported Media Type", []);

    public static StatusException NotAcceptable() => new(
        406, "NotAcceptable",
        "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
        []);

    public static StatusException Unauthorized() => new(401, "Unauthorized", "Unauthorized");

    public static StatusException Forbidden(ResourceDefinition resource, string name, string why)
    {
        var what = name.Length > 0 ? $"{resource.QualifiedPlural} \"{name}\"" : resource.QualifiedPlural;
        return new(403, "Forbidden", $"{what} is forbidden: {why}", Names(name, resource.Group, resource.Plural));
    }

    /// <summary>The object doesn't hold together: 422 with one cause per field.</summary>
    public static StatusException Invalid(string group, string kind, string name, IReadOnlyList<FieldError> errors)
    {
        var texts = errors.Select(error => error.ToString()).Distinct().ToList();
        var all = texts.Count == 1 ? texts[0] : "[" + string.Join(", ", texts) + "]";
        var details = Names(name, group, kind);
        details["causes"] = new JsonArray([.. errors.Select(error => (JsonNode)new JsonObject
        {
            ["reason"] = error.Reason,
            ["message"] = error.Message,
            ["field"] = error.Field,
        })]);
        return new(422, "Invalid", $"{Qualified(kind, group)} \"{name}\" is invalid: {all}", details);
    }

    public static StatusException Invalid(ResourceDefinition resource, string name, IReadOnlyList<FieldError> errors) =>
        Invalid(resource.Group, resource.Kind, name, errors);

    /// <summary>422 without a word on what was wrong: a JSON patch that doesn't fit the object.</summary>
    public static StatusException UnprocessablePatch() =>
        new(422, "Invalid", "the server rejected our request due to an error in our request", []);

    public static StatusException Expired(string message) => new(410, "Expired", message);

    public static StatusException RevisionTooLarge(long asked, long current) => new(
        504, "Timeout", $"Timeout: Too large resource version: {asked}, current: {current}",
        new JsonObject
        {
            ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version" }),
            ["retryAfterSeconds"] = 1,
        });

    public static StatusException TooLarge() => new(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728");

    public static StatusException TooManyRequests(string message, int retryAfterSeconds, JsonObject? details = null)
    {
        details ??= [];
        if (retryAfterSeconds > 0)
        {
            details["retryAfterSeconds"] = retryAfterSeconds;
        }

        return new(429, "TooManyRequests", message, details);
    }

    public static StatusException Internal(string message) => new(
        500, "InternalError", "Internal error occurred: " + message,
        new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["message"] = message }) });

    private static JsonObject Names(string name, string group, string kind)
    {
        JsonObject details = [];
        if (name.Length > 0)
        {
            details["name"] = name;
        }

        if (group.Length > 0)
        {
            details["group"] = group;
        }

        details["kind"] = kind;
        return details;
    }

    private static string Qualified(string kind, string group) => group.Length == 0 ? kind : $"{kind}.{group}";
}

/// <summary>One thing wrong with one field (apimachinery, util/validation/field/errors.go).</summary>
/// <param name="Field">Its path, for example <c>spec.ports[0].nodePort</c>.</param>
/// <param name="Reason">The cause's reason, for example FieldValueInvalid.</param>
/// <param name="Message">The sentence without the path.</param>
internal sealed record FieldError(string Field, string Reason, string Message)
{
    public override string ToString() => Field.Length == 0 ? Message : $"{Field}: {Message}";

    public static FieldError Required(string field, string detail = "") =>
        new(field, "FieldValueRequired", detail.Length == 0 ? "Required value" : "Required value: " + detail);

    /// <summary>A value that is wrong; <paramref name="value"/> is shown as JSON.</summary>
    public static FieldError Invalid(string field, JsonNode? value, string detail) =>
        new(field, "FieldValueInvalid", $"Invalid value: {KubernetesJson.Text(value)}: {detail}");

    public static FieldError Forbidden(string field, string detail) => new(field, "FieldValueForbidden", "Forbidden: " + detail);

    public static FieldError Duplicate(string field, JsonNode? value) =>
        new(field, "FieldValueDuplicate", "Duplicate value: " + KubernetesJson.Text(value));

    public static FieldError NotSupported(string field, JsonNode? value, params string[] supported) => new(
        field, "FieldValueNotSupported",
        $"Unsupported value: {KubernetesJson.Text(value)}: supported values: {string.Join(", ", supported.Order(StringComparer.Ordinal).Select(one => '"' + one + '"'))}");

    public static FieldError TooLong(string field, int maximumBytes) =>
        new(field, "FieldValueTooLong", $"Too long: may not be more than {maximumBytes} bytes");
}
