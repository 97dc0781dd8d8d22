using System.Globalization;
using Fairlead.Bench.Lab;

// dotnet run -c Release --project bench/Fairlead.Bench.Lab -- up 1 3 10 50 | pods 100 500 | all
// Measures out/bin/fairlead as a person runs it (make build); needs root. Labs are named bench and are taken down again.
switch (args)
{
    case ["up", .. var nodes]:
        await UpBench.RunAsync(Numbers(nodes));
        return 0;
    case ["pods", .. var pods]:
        await PodsBench.RunAsync(Numbers(pods));
        return 0;
    case [] or ["all"]:
        await UpBench.RunAsync([1, 3, 10, 50]);
        await PodsBench.RunAsync([100, 500]);
        return 0;
    default:
        Console.Error.WriteLine("usage: [up NODES... | pods PODS... | all]");
        return 2;
}

static int[] Numbers(string[] texts) => [.. texts.Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
