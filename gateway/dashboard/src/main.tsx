import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/controls.css";
import "./styles/market.css";
import "./styles/tables.css";
import "./styles/dialogs.css";
import { render } from "preact";
import { App } from "./app";
import { startTheme } from "./state/preferences";
import { enter } from "./state/session";

startTheme();
const page = document.getElementById("page");
if (page !== null) render(<App />, page);
void enter();
