using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>A check of a container: how, how often (seconds), and after how many answers it counts.</summary>
/// <remarks>core/v1 Probe.</remarks>
public sealed record Probe
{
    public ExecAction? Exec { get; init; }

    public HttpGetAction? HttpGet { get; init; }

    public TcpSocketAction? TcpSocket { get; init; }

    public GrpcAction? Grpc { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int InitialDelaySeconds { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int TimeoutSeconds { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int PeriodSeconds { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int SuccessThreshold { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int FailureThreshold { get; init; }

    public long? TerminationGracePeriodSeconds { get; init; }
}

/// <summary>A command; exit code 0 is healthy.</summary>
/// <remarks>core/v1 ExecAction.</remarks>
public sealed record ExecAction
{
    public IReadOnlyList<string> Command { get; init => field = value ?? []; } = [];
}

/// <summary>An HTTP GET; 200–399 is healthy.</summary>
/// <remarks>core/v1 HTTPGetAction.</remarks>
public sealed record HttpGetAction
{
    public string? Path { get; init; }

    public IntOrString Port { get; init; }

    public string? Host { get; init; }

    public string? Scheme { get; init; }

    public IReadOnlyList<HttpHeader> HttpHeaders { get; init => field = value ?? []; } = [];
}

/// <summary>One header of a probe's request.</summary>
/// <remarks>core/v1 HTTPHeader.</remarks>
public sealed record HttpHeader
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string Value { get; init => field = value ?? ""; } = "";
}

/// <summary>A TCP connect; being accepted is healthy.</summary>
/// <remarks>core/v1 TCPSocketAction.</remarks>
public sealed record TcpSocketAction
{
    public IntOrString Port { get; init; }

    public string? Host { get; init; }
}

/// <summary>A gRPC health check.</summary>
/// <remarks>core/v1 GRPCAction.</remarks>
public sealed record GrpcAction
{
    public int Port { get; init; }

    public string? Service { get; init; }
}

/// <summary>Handlers that run after a container started and before it is stopped.</summary>
/// <remarks>core/v1 Lifecycle.</remarks>
public sealed record Lifecycle
{
    public LifecycleHandler? PostStart { get; init; }

    public LifecycleHandler? PreStop { get; init; }

    public string? StopSignal { get; init; }
}

/// <summary>What a lifecycle event runs; exactly one is set.</summary>
/// <remarks>core/v1 LifecycleHandler.</remarks>
public sealed record LifecycleHandler
{
    public ExecAction? Exec { get; init; }

    public HttpGetAction? HttpGet { get; init; }

    public TcpSocketAction? TcpSocket { get; init; }

    public SleepAction? Sleep { get; init; }
}

/// <summary>Waits some seconds.</summary>
/// <remarks>core/v1 SleepAction.</remarks>
public sealed record SleepAction
{
    public long Seconds { get; init; }
}
