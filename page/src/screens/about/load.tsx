// What the service uses at this moment, as samples come.
import { useState } from "preact/hooks";
import { number, percent, size, speed, t } from "../../i18n";
import { useStream } from "../../live/stream";
import { Loading, ProgressBar } from "../../parts/states";
import { Card } from "./screen";

interface Sample {
  process_cpu_percent: number;
  rss_mb: number;
  memory_percent: number;
  network_recv_bps: number | null;
  network_sent_bps: number | null;
  process_write_bps: number | null;
  children_count: number;
}

export function Load() {
  const [sample, setSample] = useState<Sample | null>(null);
  useStream({
    path: "/api/stats/stream",
    events: ["sample"],
    onEvent: ({ data }) => setSample(data as unknown as Sample),
  });
  return (
    <Card title={t("about.load")}>
      {!sample && <Loading />}
      {sample && (
        <>
          <Bar name={t("about.processor")} value={sample.process_cpu_percent} text={percent(sample.process_cpu_percent)} />
          <Bar name={t("about.memory")} value={sample.memory_percent} text={size(sample.rss_mb * 1024 ** 2)} />
          <dl class="about-versions">
            <dt>{t("about.received")}</dt>
            <dd>{rate(sample.network_recv_bps)}</dd>
            <dt>{t("about.sent")}</dt>
            <dd>{rate(sample.network_sent_bps)}</dd>
            <dt>{t("about.written")}</dt>
            <dd>{rate(sample.process_write_bps)}</dd>
            <dt>{t("about.processes")}</dt>
            <dd>{number(sample.children_count)}</dd>
          </dl>
        </>
      )}
    </Card>
  );
}

function Bar({ name, value, text }: { name: string; value: number; text: string }) {
  return (
    <div class="about-limit">
      <p>
        {name} <span class="soft">{text}</span>
      </p>
      <ProgressBar value={value} label={name} />
    </div>
  );
}

function rate(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? "—" : speed(bytesPerSecond);
}
