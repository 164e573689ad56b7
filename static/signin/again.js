// Signing in gives another token against forged forms: the kept form takes the one that is valid when it is sent.
document.querySelectorAll("form[data-csrf-cookie]").forEach((form) => {
    form.addEventListener("submit", () => {
        const name = `${form.dataset.csrfCookie}=`;
        const cookie = document.cookie.split("; ").find((one) => one.startsWith(name));
        form.elements.csrfmiddlewaretoken.value = cookie ? cookie.slice(name.length) : "";
    });
});
