using Fairlead.Bench.Services;

namespace Fairlead.Agent.Tests;

[Trait("Category", "Root")]
public sealed class SoakTests
{
    [Fact(Explicit = true)]
    public void Ten_minutes_of_churn_break_no_connection_whose_endpoint_lives() => Assert.Equal(0, Soak.Run(TimeSpan.FromMinutes(10)));
}
