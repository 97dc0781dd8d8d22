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
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
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

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string labels = tags.IsEmpty ? "" : $"{{{string.Join(',', tags.ToArray().Select(t => $"{t.Key}=\"{t.Value}\""))}}}";
        lock (gate)
        {
            series[instrument.Name].Record(value, labels);
        }
    }

    public void Dispose() => listener.Dispose();

    private sealed class Series
    {
        private readonly double[]? bounds;
        private readonly long[]? buckets;
        private readonly bool accumulates;

        // By labels, as they are written: {kind="route"}. Histograms have none.
        private readonly SortedDictionary<string, double> values = new(StringComparer.Ordinal);
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

        public void Record(double value, string labels)
        {
            if (bounds is null)
            {
                values[labels] = accumulates ? values.GetValueOrDefault(labels) + value : value;
                return;
            }

            count++;
            sum += value;
            for (int i = 0; i < bounds.Length; i++)
            {
                if (value <= bounds[i])
                {
                    buckets![i]++;
                }
            }
        }

        public void Write(StringBuilder text, string name)
        {
            if (bounds is null)
            {
                foreach ((string labels, double value) in values.Count == 0 ? [KeyValuePair.Create("", 0.0)] : values.AsEnumerable())
                {
                    text.Append(CultureInfo.InvariantCulture, $"{name}{labels} {value}\n");
                }

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
