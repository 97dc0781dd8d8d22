using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Fairlead.Agent.Telemetry;

/// <summary>Collects the agent's instruments and prints them in Prometheus' text format (version 0.0.4).</summary>
internal sealed class PrometheusText : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly SortedDictionary<string, Series> series = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    public PrometheusText(string meterName)
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == meterName)
            {
                lock (gate)
                {
                    series[instrument.Name] = new(instrument);
                }

                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Record(instrument, value));
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Record(instrument, value));
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => Record(instrument, value));
        listener.Start();
    }

    /// <summary>All instruments with their values now.</summary>
    public string Write()
    {
        listener.RecordObservableInstruments();
        StringBuilder text = new();
        lock (gate)
        {
            foreach ((string name, Series one) in series)
            {
                text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {one.Description}\n# TYPE {name} {one.Type}\n");
                one.Write(text, name);
            }
        }

        return text.ToString();
    }

    private void Record(Instrument instrument, double value)
    {
        lock (gate)
        {
            series[instrument.Name].Record(value);
        }
    }

    public void Dispose() => listener.Dispose();

    private sealed class Series
    {
        private readonly double[]? bounds;
        private readonly long[]? buckets;
        private readonly bool accumulates;
        private double sum;
        private long count;

        public Series(Instrument instrument)
        {
            Description = instrument.Description ?? "";
            Type = instrument switch
            {
                Histogram<double> => "histogram",
                Counter<long> => "counter",
                _ => "gauge",
            };
            accumulates = Type == "counter";
            if (instrument is Histogram<double> histogram)
            {
                bounds = [.. histogram.Advice?.HistogramBucketBoundaries ?? []];
                buckets = new long[bounds.Length];
            }
        }

        public string Description { get; }

        public string Type { get; }

        public void Record(double value)
        {
            count++;
            sum = accumulates || bounds is not null ? sum + value : value;
            for (int i = 0; i < (bounds?.Length ?? 0); i++)
            {
                if (value <= bounds![i])
                {
                    buckets![i]++;
                }
            }
        }

        public void Write(StringBuilder text, string name)
        {
            if (bounds is null)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name} {sum}\n");
                return;
            }

            for (int i = 0; i < bounds.Length; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{le=\"{bounds[i]}\"}} {buckets![i]}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{le=\"+Inf\"}} {count}\n{name}_sum {sum}\n{name}_count {count}\n");
        }
    }
}
