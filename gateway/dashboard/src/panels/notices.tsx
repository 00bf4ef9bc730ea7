import { useStores } from "../state/hooks";
import { desk } from "../state/desk";

export function Notices() {
  useStores([desk.notices]);
  return (
    <div class="notices" role="log" aria-live="polite" aria-label="Messages">
      {desk.notices.all().map((notice) => (
        <button
          key={notice.id}
          type="button"
          class="notice"
          data-tone={notice.tone}
          title="Dismiss"
          onClick={() => desk.notices.dismiss(notice.id)}
        >
          {notice.text}
        </button>
      ))}
    </div>
  );
}
