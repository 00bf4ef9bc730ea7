import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface DialogProps {
  title: string;
  tone?: string;
  testId?: string;
  onClose: () => void;
  onSubmit?: () => void;
  children: ComponentChildren;
}

/** A modal dialog: Enter submits, Esc closes, the focus stays inside (first on `autofocus`) and goes back afterwards. */
export function Dialog({ title, tone, testId, onClose, onSubmit, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  // Before the next key can arrive: it belongs to the dialog.
  useLayoutEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const submit = (event: Event): void => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <dialog ref={element} class="dialog" data-tone={tone} data-testid={testId} aria-label={title} onClose={onClose}>
      <form method="dialog" onSubmit={submit}>
        <h2>{title}</h2>
        {children}
      </form>
    </dialog>
  );
}
